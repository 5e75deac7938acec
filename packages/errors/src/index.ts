export { type CodeEntry, codes, type ErrorCode, type ErrorKind } from "./codes.ts";
export { asCovaultError, CovaultError, type ErrorDetails, type Explained, explain, type Fact } from "./covault-error.ts";
