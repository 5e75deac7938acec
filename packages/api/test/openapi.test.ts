// The OpenAPI documents: valid by the standard's own schema, complete, and with examples that are
// what they are examples of.
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { accountApi } from "../src/account/index.ts";
import { coordinatorApi } from "../src/coordinator/index.ts";
import { openApiOf, pathTo, type Routes } from "../src/index.ts";

const documents = [accountApi, coordinatorApi].map((contract) => ({
  title: contract.title,
  contract,
  document: openApiOf(contract, "0.2.0"),
}));
const ofAccount = documents[0]!.document;

interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

/** Gives every example with the place of its schema, as a JSON Pointer. */
function* examples(value: unknown, pointer: string): Generator<readonly [string, unknown]> {
  if (typeof value !== "object" || value === null) return;
  if ("examples" in value && Array.isArray(value.examples)) for (const one of value.examples) yield [pointer, one];
  for (const [key, inner] of Object.entries(value))
    if (key !== "examples") yield* examples(inner, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
}

describe.each(documents)("the document of the $title", ({ contract, document }) => {
  it("is valid OpenAPI 3.1", async () => {
    expect(document.openapi).toBe("3.1.0");
    expect(await new Validator().validate({ ...structuredClone(document) })).toEqual({ valid: true });
  });

  it("has exactly the routes of the table, each with its id, parameters, answers and whether it needs a key", () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, ...(operation as unknown as Operation) })),
    );
    const parametersOf = (shape: object | undefined) => Object.keys((shape as { shape?: object } | undefined)?.shape ?? {}).sort();
    const shown = operations.map(({ operationId, path, method, security, parameters = [], responses }) => ({
      operationId,
      route: `${method.toUpperCase()} ${path}`,
      isOpen: security?.length === 0,
      inPath: parameters.filter((one) => one.in === "path").map(({ name }) => name),
      inQuery: parameters
        .filter((one) => one.in === "query")
        .map(({ name }) => name)
        .sort(),
      inHeaders: parameters.filter((one) => one.in === "header").map(({ name }) => name.toLowerCase()),
      statuses: Object.keys(responses),
      meanings: Object.values(responses).map(({ description }) => description),
    }));
    const expected = Object.entries(contract.routes as Routes).map(([operationId, route]) => {
      const { isOpen, params, query, headers } = route;
      return {
        operationId,
        route: `${route.method} ${route.path}`,
        isOpen: isOpen === true,
        inPath: parametersOf(params),
        inQuery: parametersOf(query),
        inHeaders: parametersOf(headers),
        statuses: Object.keys(route.answers),
        meanings: Object.values(route.answers).map(({ meaning }) => meaning),
      };
    });
    const byId = (one: { operationId: string }, other: { operationId: string }) => (one.operationId < other.operationId ? -1 : 1);
    expect(shown.sort(byId)).toEqual(expected.sort(byId));
    for (const { inPath, route } of shown) expect(inPath).toEqual([...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  });

  it("names the same error for every refusal, as JSON and as problem+json", () => {
    for (const methods of Object.values(document.paths))
      for (const operation of Object.values(methods) as unknown as Operation[]) {
        if (operation.security?.length === 0) continue;
        const refusals = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
        expect(refusals.map(([status]) => status)).toEqual(expect.arrayContaining(["400", "401", "403", "429", "500", "503"]));
        for (const [, { content }] of refusals) {
          const schema = { $ref: "#/components/schemas/Error" };
          expect(content).toEqual({ "application/json": { schema }, "application/problem+json": { schema } });
        }
      }
  });

  it("has examples that are valid by their own schemas", () => {
    const ajv = formats.default(new Ajv2020({ strict: false, allErrors: true }));
    ajv.addSchema(document, "document");
    const found = [...examples(document, "")];
    expect(found.length).toBeGreaterThan(5);
    for (const [pointer, example] of found) {
      const validate = ajv.getSchema(`document#${encodeURI(pointer)}`);
      expect(validate, pointer).toBeTypeOf("function");
      expect([pointer, validate?.(example), validate?.errors]).toEqual([pointer, true, null]);
    }
  });

  it("is open: an answer may have fields that a client does not know, and a request may not", () => {
    const { Error: error, SignRequest: request } = document.components.schemas;
    expect(error).not.toHaveProperty("additionalProperties");
    if (request !== undefined) expect(request).toMatchObject({ additionalProperties: false });
  });
});

describe("the names of the account service", () => {
  it("are those of things that callers speak of", () => {
    expect(Object.keys(ofAccount.components.schemas)).toEqual(
      expect.arrayContaining(["Account", "Key", "Session", "Signature", "SignRequest", "Error", "Addresses", "SigningConfiguration"]),
    );
    const created = ofAccount.paths["/api/v1/accounts"]?.post as unknown as Operation;
    expect(created.responses["201"]?.content["application/json"]?.schema).toEqual({ $ref: "#/components/schemas/Account" });
  });

  it("say bounds and patterns of what is sent", () => {
    const { CreateAccountRequest, SignRequest } = ofAccount.components.schemas as Record<
      string,
      { properties: Record<string, object>; oneOf?: object }
    >;
    for (const field of ["threshold_t", "threshold_n"])
      expect(CreateAccountRequest?.properties[field]).toMatchObject({ type: "integer", minimum: 2, maximum: 20 });
    expect(SignRequest?.oneOf).toEqual([{ required: ["digest"] }, { required: ["message"] }, { required: ["transaction"] }]);
    expect(SignRequest?.properties).toMatchObject({ digest: { type: "string" }, message: { type: "string" } });
  });
});

describe("the path of a request", () => {
  it("has the parameters and the query of the route, encoded", () => {
    const { getSession, listParties } = coordinatorApi.routes;
    expect(pathTo(getSession, { params: { id: "a/b?c" }, query: { wait_ms: 5 } })).toBe("/api/v1/sessions/a%2Fb%3Fc?wait_ms=5");
    expect(pathTo(listParties)).toBe("/api/v1/parties");
    // @ts-expect-error: the route has no such parameter
    pathTo(getSession, { query: { wait: 5 } });
  });
});
