// The id of a request, which every answer has in X-Request-Id.
import { randomBytes } from "node:crypto";
import { newId } from "@covault/wire";

export const newRequestId = (): string => newId("req", randomBytes(10), Date.now());
