// Registers the routes of a contract. What they take and give is in packages/api, and the handlers
// are typed by it, so that a service has no shape of its own.
import type { Readable } from "node:stream";
import { errorBody, problemType, type ReadableBody, type Route, type Routes, type Success, successOf } from "@covault/api";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Api } from "./api.ts";

type Read<Shape> = Shape extends z.ZodType ? z.output<Shape> : unknown;
type RequestOf<R extends Route> = FastifyRequest<{
  Params: Read<R["params"]>;
  Querystring: Read<R["query"]>;
  Headers: Read<R["headers"]>;
  Body: Read<R["body"]>;
}>;
/**
 * A body that is sent piece by piece is a stream. It is undefined where the handler has taken the
 * reply over and sends the body itself.
 */
type Given<R extends Route> = Exclude<Success<R>, ReadableBody> | (ReadableBody extends Success<R> ? Readable | undefined : never);

/**
 * Gives the body of the one status of success, which is set already. Throws the error that refuses.
 */
export type Handler<R extends Route> = (request: RequestOf<R>, reply: FastifyReply) => Promise<Given<R>>;
export type Handlers<Table extends Routes> = { readonly [Id in keyof Table]: Handler<Table[Id]> };

export function serveRoutes<Table extends Routes>(api: Api, table: Table, handlers: Handlers<Table>): void {
  for (const [id, route] of Object.entries(table)) serveRoute(api, route, handlers[id] as unknown as AnyHandler);
}

type AnyHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

function serveRoute(api: Api, route: Route, handler: AnyHandler): void {
  const { method, path, isOpen, params, query, headers, body, bodyBytesMax } = route;
  const success = successOf(route);
  api.route({
    method,
    url: urlOf(path),
    ...(bodyBytesMax !== undefined && { bodyLimit: bodyBytesMax }),
    schema: {
      ...(params && { params }),
      // A parameter that a route does not know is refused, as an unknown field of a body is. A
      // misspelt one would widen the answer without a word. The open routes are for probes, some of
      // which add one to get past a cache, and would take a refusal for an unready service.
      ...(isOpen !== true && { querystring: query ?? z.strictObject({}) }),
      ...(headers && { headers }),
      ...(body && { body }),
      response: responsesOf(route),
    },
    handler: (request, reply) => handler(request as FastifyRequest, reply.code(success) as unknown as FastifyReply) as Promise<never>,
  });
}

/** What may leave by each status. What a shape does not name stays here. */
function responsesOf({ answers }: Route): Record<string, object> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { shape, stream }]) => {
      const types = stream !== undefined ? [stream] : ["application/json", ...(shape === errorBody ? [problemType] : [])];
      return [status, { content: Object.fromEntries(types.map((type) => [type, { schema: shape }])) }];
    }),
  );
}

/** Gives a path of OpenAPI as the router writes it. */
export const urlOf = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");
