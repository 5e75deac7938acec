// The description of the API, made from the routes' own zod schemas: /openapi.json (OpenAPI 3.1),
// and /docs for people.
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { App } from "./api.ts";

export async function registerOpenApi(
  app: App,
  about: { readonly title: string; readonly description: string },
  version: string,
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { ...about, version },
      components: { securitySchemes: { apiKey: { type: "apiKey", in: "header", name: "X-API-Key" } } },
      security: [{ apiKey: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  // The base layout leaves out the bar on top, which would show another project's name.
  await app.register(swaggerUi, { routePrefix: "/docs", theme: { title: about.title }, uiConfig: { layout: "BaseLayout" } });
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
}
