// The proxy must break connections exactly as it says, or the tests that use it prove nothing.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { type TcpProxy, tcpProxy } from "./tcp-proxy.ts";

/** This time is long enough for a local connection to carry a byte, and short. */
const aWhileMs = 60;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Starts a server that answers every text with `name` and the text. */
async function echo(name: string) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => socket.write(`${name} ${data}`));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port, sockets };
}
async function proxied(): Promise<{ proxy: TcpProxy; server: Awaited<ReturnType<typeof echo>> }> {
  const server = await echo("a");
  const proxy = await tcpProxy(server);
  ends.push(() => proxy.close());
  return { proxy, server };
}
async function client(proxy: TcpProxy) {
  const socket = connect({ host: proxy.host, port: proxy.port });
  const events: string[] = [];
  for (const name of ["end", "close", "error"]) socket.on(name, () => events.push(name));
  await once(socket, "connect");
  ends.push(() => socket.destroy());
  return {
    socket,
    events,
    /**
     * Gives the answer, or "nothing" after this time. A busy machine may take long for an answer
     * that comes.
     */
    async ask(text: string, ms = 5_000): Promise<string> {
      socket.write(text);
      const answer = once(socket, "data").then(([data]) => String(data));
      return Promise.race([answer, pause(ms, "nothing")]);
    },
  };
}

it("passes data, and an end, in both directions", async () => {
  const { proxy, server } = await proxied();
  const one = await client(proxy);
  expect(await one.ask("x")).toBe("a x");
  server.sockets[0]?.end();
  await once(one.socket, "end");
  const two = await client(proxy);
  expect(await two.ask("y")).toBe("a y");
  two.socket.end();
  await once(server.sockets[1] as Socket, "end");
  expect(proxy.taken).toBe(2);
});

it("silence: the present connections carry nothing and neither end is told, not even of the other's end; new ones pass", async () => {
  const { proxy, server } = await proxied();
  const old = await client(proxy);
  expect(await old.ask("x")).toBe("a x");
  proxy.silence();
  expect(await old.ask("y", aWhileMs)).toBe("nothing");
  server.sockets[0]?.destroy();
  expect(await old.ask("z", aWhileMs)).toBe("nothing");
  expect(old.events).toEqual([]);
  expect(await (await client(proxy)).ask("new")).toBe("a new");
  expect(proxy.held).toBe(2);
});

it("half open: the server hears the client, and the client hears nothing", async () => {
  const { proxy, server } = await proxied();
  const one = await client(proxy);
  expect(await one.ask("x")).toBe("a x");
  proxy.silence("down");
  const heard = once(server.sockets[0] as Socket, "data");
  expect(await one.ask("y", aWhileMs)).toBe("nothing");
  expect(String((await heard)[0])).toBe("y");
});

it("freeze: every connection, new ones too, carries nothing until the thaw, and then everything", async () => {
  const { proxy } = await proxied();
  const old = await client(proxy);
  expect(await old.ask("x")).toBe("a x");
  proxy.freeze();
  const young = await client(proxy);
  expect(await old.ask("y", aWhileMs)).toBe("nothing");
  expect(await young.ask("z", aWhileMs)).toBe("nothing");
  const late = Promise.all([once(old.socket, "data"), once(young.socket, "data")]);
  proxy.thaw();
  expect((await late).map(([data]) => String(data))).toEqual(["a y", "a z"]);
});

it("slow: every answer comes, later", async () => {
  const { proxy } = await proxied();
  const one = await client(proxy);
  proxy.slow(aWhileMs);
  const beganAt = performance.now();
  expect(await one.ask("x")).toBe("a x");
  expect(performance.now() - beganAt).toBeGreaterThan(2 * aWhileMs - 2);
  proxy.slow(0);
  expect(await one.ask("y")).toBe("a y");
});

it("cut: both ends are told; refuse: no new connection until accept", async () => {
  const { proxy, server } = await proxied();
  const one = await client(proxy);
  expect(await one.ask("x")).toBe("a x");
  const told = Promise.all([once(one.socket, "close"), once(server.sockets[0] as Socket, "close")]);
  proxy.cut();
  await told;
  await proxy.refuse();
  await expect(client(proxy)).rejects.toThrow("ECONNREFUSED");
  await proxy.accept();
  expect(await (await client(proxy)).ask("y")).toBe("a y");
});

it("moveTo: new connections reach the other server, present ones stay", async () => {
  const { proxy } = await proxied();
  const old = await client(proxy);
  expect(await old.ask("x")).toBe("a x");
  proxy.moveTo(await echo("b"));
  expect(await old.ask("y")).toBe("a y");
  expect(await (await client(proxy)).ask("z")).toBe("b z");
});
