// The types of a server that routes are registered on.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Caller } from "./api-key-guard.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the guard; absent on open routes. */
    caller: Caller | undefined;
  }
}

/** Where routes with zod schemas are written. */
export type Api = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;
export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger>;
