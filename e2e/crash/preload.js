// Loaded into every process of a cluster (NODE_OPTIONS=--import): wraps the few calls through which everything is written or sent, so that the
// process can be killed right before and right after each. Nothing in the services knows of it.
import { EventEmitter } from "node:events";
import { ClientRequest, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { Redis } from "ioredis";
import pg from "pg";
import WebSocket from "ws";
import { pass } from "./armed.js";
import { frameName, kindOfText, learnFrame, learnRequest, routedName, routeName } from "./names.js";
import { learnRows, statementName } from "./sql-names.js";

// Worker threads compute, and neither write nor send.
if (isMainThread) {
  wrapDatabase();
  wrapBroker();
  wrapRedis();
  wrapStreams();
  wrapHttp();
}

/** Statements of a transaction count together, at its commit: nothing of them is there before. */
function wrapDatabase() {
  const { query } = pg.Client.prototype;
  const transactions = new WeakMap();
  pg.Client.prototype.query = function (statement, values, ...rest) {
    // Pools pass a callback, migrations an object. No step does; one that began to would show here by its name.
    if (typeof statement !== "string" || typeof values === "function" || rest.length > 0) {
      pass(statementName(typeof statement === "string" ? statement : statement.text, Array.isArray(values) ? values : []), "before");
      return query.call(this, statement, values, ...rest);
    }
    const verb = statement.split(/\s/, 1)[0].toLowerCase();
    if (verb === "begin" || verb === "start") transactions.set(this, []);
    if (verb === "rollback") transactions.delete(this);
    const open = transactions.get(this);
    let point = statementName(statement, values);
    if (open !== undefined && point !== undefined) {
      open.push(point);
      point = undefined;
    }
    if (verb === "commit" && open !== undefined) {
      transactions.delete(this);
      point = open.length === 0 ? undefined : `commit ${[...new Set(open)].join(", ")}`;
    }
    pass(point, "before");
    const done = query.call(this, statement, values);
    return done.then((result) => {
      if (verb === "select") learnRows(result.rows);
      pass(point, "after");
      return result;
    });
  };
}

function wrapBroker() {
  const { Channel } = createRequire(import.meta.url)(
    join(dirname(createRequire(import.meta.url).resolve("rabbitmq-client")), "Channel.js"),
  );
  const { basicPublish, basicConsume, basicAck } = Channel.prototype;
  Channel.prototype.basicPublish = function (params, body) {
    const point = `publish ${routedName(body)}`;
    pass(point, "before");
    return basicPublish.call(this, params, body).then((result) => {
      pass(point, "after");
      return result;
    });
  };
  const consumed = new WeakMap();
  Channel.prototype.basicConsume = function (params, take) {
    return basicConsume.call(this, params, (message) => {
      const names = consumed.get(this) ?? new Map();
      consumed.set(this, names.set(message.deliveryTag, message.body));
      return take(message);
    });
  };
  Channel.prototype.basicAck = function (params) {
    const body = consumed.get(this)?.get(params.deliveryTag);
    consumed.get(this)?.delete(params.deliveryTag);
    // Named now: handling the message has told what its session is for.
    const point = `acknowledge ${routedName(body)}`;
    pass(point, "before");
    basicAck.call(this, params);
    setImmediate(pass, point, "after");
  };
}

/** By command; presence and rate limits are scripts (packages/service-kit), of which the text shows what they write. */
function wrapRedis() {
  const { sendCommand } = Redis.prototype;
  Redis.prototype.sendCommand = function (command, ...rest) {
    const point = redisName(command.name, command.args.flat().map(String));
    pass(point, "before");
    const done = sendCommand.call(this, command, ...rest);
    if (point !== undefined) command.promise.then(() => pass(point, "after")).catch(() => {});
    return done;
  };
}

const redisReads = new Set(["get", "exists", "ping", "info", "hello", "auth", "select", "client", "quit"]);

function redisName(name, args) {
  // What a key is about: its leading words, without ids.
  const about = (key) => /^(?:[a-z]+[:/])+/.exec(String(key).replace(process.env.REDIS_PREFIX, ""))?.[0].replaceAll(/[:/]/g, " ").trim();
  if (redisReads.has(name)) return undefined;
  if (name === "zrem") return "give back count";
  if (name !== "eval") return `${name} ${about(args[0])}`;
  const [script, _keys, ...rest] = args;
  if (script.includes("'HSET'")) return "put presence";
  if (script.includes("'HGET'")) return "remove presence";
  if (script.includes("'HGETALL'") || script.includes("'ZRANGE', KEYS[1], 0, -1")) return undefined;
  if (script.includes("'ZCARD'")) return "count call";
  return `eval ${about(rest[0])}`;
}

function wrapStreams() {
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data, ...rest) {
    const done = typeof rest.at(-1) === "function" ? rest.pop() : undefined;
    const point = frameName(this, data);
    pass(point, "before");
    return send.call(this, data, ...rest, (error) => {
      pass(point, "after");
      done?.(error);
    });
  };
  WebSocket.prototype.emit = function (event, ...args) {
    if (event === "message" && args[1] === true) learnFrame(this, args[0]);
    return EventEmitter.prototype.emit.call(this, event, ...args);
  };
}

/** Requests of one service to another, and answers to requests that change something or that a session waits for. */
function wrapHttp() {
  const { end: ask } = ClientRequest.prototype;
  ClientRequest.prototype.end = function (...args) {
    if (this.path.startsWith("/api/v1/") && !isPing(this.path)) {
      if (this.path === "/api/v1/sessions") learnRequest(args[0]);
      around(this, `ask ${routeName(this.method, this.path)}${kindOfText(args[0] ?? this.path)}`);
    }
    return ask.apply(this, args);
  };
  const { end: answer } = ServerResponse.prototype;
  ServerResponse.prototype.end = function (...args) {
    const { method, url } = this.req;
    const isRead = method === "GET" && process.argv[3] === "account";
    if (url.startsWith("/api/v1/") && !isRead && !isPing(url))
      around(this, `answer ${routeName(method, url)} ${this.statusCode}${answerOf(url, args[0])}`);
    return answer.apply(this, args);
  };
}

/** How an account service learns for its readiness that a coordinator is there. */
const isPing = (path) => path === "/api/v1/candidates?count=1";

function around(message, point) {
  pass(point, "before");
  message.once("finish", () => pass(point, "after"));
}

/** Of a session at the coordinator: what it is for, and where it stands when it was waited for. */
function answerOf(url, payload) {
  if (!url.startsWith("/api/v1/sessions")) return "";
  const { status } = JSON.parse(payload);
  return `${kindOfText(payload)}${url.includes("wait_ms") ? ` ${status}` : ""}`;
}
