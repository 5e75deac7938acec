// The types of a server that routes are registered on.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Caller } from "./api-key-guard.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The guard sets it. It is undefined on open routes. */
    caller: Caller | undefined;
  }
}

/** Routes with zod schemas are registered on this. */
export type Api = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;
export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger>;
