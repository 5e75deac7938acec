// What a route is, and what follows from it for its handler and for its callers. A service's API is
// one table of routes. The server registers them from it, and openapi.ts makes the document.
import type { z } from "zod";

export interface Answer {
  /** What the status means at this route, in one sentence. */
  readonly meaning: string;
  /** The body. */
  readonly shape: z.ZodType;
  /** The media type of a body that is sent piece by piece. Default: JSON, sent whole. */
  readonly stream?: string;
  /** The headers of `answerHeaders` that come with it. */
  readonly headers?: readonly AnswerHeader[];
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT";
  /** The path, with `{name}` for each parameter. */
  readonly path: string;
  /** The heading under which the documents list it. */
  readonly tag: string;
  readonly summary: string;
  /** The route needs no API key. */
  readonly isOpen?: true;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** The headers that it reads. `idempotencyHeaders` is one of them where it takes such a key. */
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The largest body in bytes. Default: that of the service. */
  readonly bodyBytesMax?: number;
  /** Every status that the route may answer with. */
  readonly answers: Readonly<Record<number, Answer>>;
}

/** Routes by their operation id, which is the name of the method in generated clients. */
export type Routes = Readonly<Record<string, Route>>;

export interface Contract {
  readonly title: string;
  readonly description: string;
  readonly routes: Routes;
}

/** The headers of answers that the documents describe. */
export const answerHeaders = {
  "X-Request-Id": { type: "string", description: "The request's id, which the log of the service has, and an error as its instance" },
  "Retry-After": { type: "integer", description: "The seconds after which the request may succeed" },
  Location: { type: "string", description: "Where the thing that was made is read" },
} as const;
export type AnswerHeader = keyof typeof answerHeaders;

type ReadonlyDeep<T> = T extends object ? { readonly [Key in keyof T]: ReadonlyDeep<T[Key]> } : T;
/** What has a shape, to look at. */
export type Of<Shape extends z.ZodType> = ReadonlyDeep<z.output<Shape>>;

type IsSuccess<Status> = `${Status & number}` extends `2${string}` ? true : false;
type Body<A> = A extends { readonly stream: string } ? ReadableBody : A extends Answer ? Of<A["shape"]> : never;
/** A body that is sent piece by piece. */
export type ReadableBody = AsyncIterable<string>;

/** What a handler of the route gives when it succeeds. */
export type Success<R extends Route> = {
  [Status in keyof R["answers"]]: IsSuccess<Status> extends true ? Body<R["answers"][Status]> : never;
}[keyof R["answers"]];

/** Gives the one status of success. */
export function successOf({ answers }: Route): number {
  return Number(Object.keys(answers).find((status) => status.startsWith("2")));
}

type Sent<Shape> = Shape extends z.ZodType ? Partial<z.output<Shape>> : Readonly<Record<string, never>>;

/** Gives the path of a request to the route, with its parameters and its query. */
export function pathTo<R extends Route>(
  { path }: R,
  { params, query }: { readonly params?: Sent<R["params"]>; readonly query?: Sent<R["query"]> } = {},
): string {
  const given: Readonly<Record<string, unknown>> = params ?? {};
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(given[name] ?? "")));
  const asked = Object.entries(query ?? {}).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return asked.length === 0 ? filled : `${filled}?${asked.join("&")}`;
}
