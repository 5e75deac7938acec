// The OpenAPI 3.1 document of a contract. Everything in it follows from the routes and shapes. A
// shape with an id is a named schema of the document, and any other stands where it is used.
import { z } from "zod";
import { errorBody, problemType } from "./errors/error-body.ts";
import { type Answer, answerHeaders, type Contract, type Route } from "./route.ts";

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: Json;
  readonly security: readonly Json[];
  readonly tags: readonly Json[];
  /** The operations by path and method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> } & Json;
}

/** Gives the document. `version` is that of the service. */
export function openApiOf({ title, description, routes }: Contract, version: string): OpenApiDocument {
  const all = Object.values(routes);
  const schemas = {
    ofRequests: schemasOf(
      all.flatMap(({ params, query, headers, body }) => [params, query, headers, body].filter((shape) => shape !== undefined)),
      "input",
    ),
    ofAnswers: schemasOf(
      all.flatMap(({ answers }) => Object.values(answers).map(({ shape }) => shape)),
      "output",
    ),
  };
  const paths: Record<string, Record<string, Json>> = {};
  for (const [id, route] of Object.entries(routes)) {
    paths[route.path] ??= {};
    Object.assign(paths[route.path] ?? {}, { [route.method.toLowerCase()]: operation(id, route, schemas) });
  }
  return {
    openapi: "3.1.0",
    info: { title, description, version },
    security: [{ apiKey: [] }],
    tags: [...new Set(all.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: together(schemas.ofRequests.named, schemas.ofAnswers.named),
      headers: Object.fromEntries(
        Object.entries(answerHeaders).map(([name, { description, type }]) => [name, { description, schema: { type } }]),
      ),
      securitySchemes: { apiKey: { type: "apiKey", in: "header", name: "X-API-Key" } },
    },
  };
}

interface Schemas {
  /** The named ones. */
  readonly named: Readonly<Record<string, Json>>;
  /** Gives the schema of a shape, or a reference to it where it has a name. */
  readonly of: (shape: z.ZodType) => Json;
}

/** Gives the JSON Schemas of shapes, as they are sent (`input`) or as they come back (`output`). */
function schemasOf(shapes: readonly z.ZodType[], io: "input" | "output"): Schemas {
  const names = new Map([...new Set(shapes)].map((shape, at) => [shape, `shape${at}`]));
  const whole = z.object(Object.fromEntries([...names].map(([shape, name]) => [name, shape])));
  const json = z.toJSONSchema(whole, {
    io,
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      const { def } = zodSchema._zod;
      // Fields are added to answers as time goes by, and no client may refuse those.
      if (io === "output" && def.type === "object" && !("catchall" in def && def.catchall)) delete jsonSchema.additionalProperties;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  const text = JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { properties, $defs = {} } = JSON.parse(text) as { properties: Record<string, Json>; $defs?: Record<string, Json> };
  const named = Object.entries($defs).map(([name, { id: _, ...schema }]) => [name, schema] as const);
  return { named: Object.fromEntries(named), of: (shape) => properties[names.get(shape) ?? ""] ?? {} };
}

/** Throws when one name stands for two schemas. */
function together(one: Schemas["named"], other: Schemas["named"]): Schemas["named"] {
  for (const [name, schema] of Object.entries(one))
    if (other[name] !== undefined && JSON.stringify(other[name]) !== JSON.stringify(schema))
      throw new Error(`Two schemas have the name ${name}.`);
  return Object.fromEntries(Object.entries({ ...one, ...other }).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function operation(operationId: string, route: Route, schemas: { readonly ofRequests: Schemas; readonly ofAnswers: Schemas }): Json {
  const { ofRequests, ofAnswers } = schemas;
  const parameters = [
    ...parametersOf("path", route.params, ofRequests),
    ...parametersOf("query", route.query, ofRequests),
    ...parametersOf("header", route.headers, ofRequests),
  ];
  const answers = Object.entries(route.answers).map(([status, answer]) => [status, responseOf(answer, ofAnswers)]);
  return {
    operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.isOpen && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: { required: true, content: { "application/json": { schema: ofRequests.of(route.body) } } } }),
    responses: Object.fromEntries(answers),
  };
}

function parametersOf(place: "path" | "query" | "header", shape: z.ZodType | undefined, schemas: Schemas): Json[] {
  if (shape === undefined) return [];
  const { properties = {}, required = [] } = schemas.of(shape) as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    // Servers do not tell letters of headers apart, and people read them in capitals.
    name: place === "header" ? name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase()) : name,
    in: place,
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  }));
}

function responseOf({ meaning, shape, stream, headers = [] }: Answer, schemas: Schemas): Json {
  const types = stream !== undefined ? [stream] : shape === errorBody ? ["application/json", problemType] : ["application/json"];
  return {
    description: meaning,
    headers: Object.fromEntries(["X-Request-Id", ...headers].map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    content: Object.fromEntries(types.map((type) => [type, { schema: schemas.of(shape) }])),
  };
}
