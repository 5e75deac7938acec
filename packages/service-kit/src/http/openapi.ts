// The description of the API: /openapi.json for programs, /docs for people, and /docs/errors, where
// the errors say that they are explained.
import { type Contract, openApiOf } from "@covault/api";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { App } from "./api.ts";
import { errorsPage } from "./errors-page.ts";
import { urlOf } from "./serve-routes.ts";

/** A route below /api/ that the server gets later and that is not in the contract is refused. */
export async function registerOpenApi(app: App, contract: Contract, version: string): Promise<void> {
  const known = new Set(Object.values(contract.routes).map(({ path }) => urlOf(path)));
  app.addHook("onRoute", ({ method, url }) => {
    if (url.startsWith("/api/") && !known.has(url)) throw new Error(`${method} ${url} is not in the contract.`);
  });
  const document = openApiOf(contract, version);
  await app.register(swagger, { mode: "static", specification: { document: document as never } });
  // The base layout leaves out the bar on top, which would show another project's name.
  await app.register(swaggerUi, { routePrefix: "/docs", theme: { title: contract.title }, uiConfig: { layout: "BaseLayout" } });
  app.get("/openapi.json", async () => document);
  const page = errorsPage();
  app.get("/docs/errors", async (_request, reply) => reply.type("text/html; charset=utf-8").send(page));
}
