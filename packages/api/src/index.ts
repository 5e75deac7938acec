// What the services say over HTTP. `./account` and `./coordinator` have the shapes and routes of
// each service.
export { answer, bodyRefusals, guardedRefusals, made, refusal, refusalForNow } from "./answers.ts";
export { type ErrorBody, errorBody, errorBodyOf, problemType, type Refusal, titleOf } from "./errors/error-body.ts";
export { statusOf } from "./errors/status.ts";
export { type Health, healthRoutes } from "./health.ts";
export { type OpenApiDocument, openApiOf } from "./openapi.ts";
export {
  type Answer,
  type AnswerHeader,
  type Contract,
  type Of,
  pathTo,
  type ReadableBody,
  type Route,
  type Routes,
  type Success,
  successOf,
} from "./route.ts";
export { integerParameter } from "./shapes.ts";
