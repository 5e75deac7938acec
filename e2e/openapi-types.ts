// The types that openapi-typescript makes of an OpenAPI document, as its users get them.
import openapiTS, { astToString, type OpenAPI3, type OpenAPITSOptions } from "openapi-typescript";

export const typesOf = async (document: object, options: OpenAPITSOptions = {}): Promise<string> =>
  astToString(await openapiTS(document as OpenAPI3, options));
