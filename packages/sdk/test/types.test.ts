// src/gen/account-api.ts is what the account service's API says. It is written anew by
// `npm run generate:sdk`, and by nobody's hand.
import { openApiOf } from "@covault/api";
import { accountApi } from "@covault/api/account";
import { expect, it } from "vitest";
import { typesOf } from "../../../e2e/openapi-types.ts";

const head = `// Made from packages/api by npm run generate:sdk. Do not edit.

`;

it("the types are those of the API", async () => {
  const { paths, ...document } = openApiOf(accountApi, "0.2.0");
  // The client's methods give one kind of answer each, so the answers by status are left out.
  const asked = Object.entries(paths).map(([path, methods]) => [
    path,
    Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method, { ...operation, responses: {} }])),
  ]);
  const text = await typesOf({ ...document, paths: Object.fromEntries(asked) }, { immutable: true, defaultNonNullable: false });
  await expect(head + text).toMatchFileSnapshot("../src/gen/account-api.ts");
});
