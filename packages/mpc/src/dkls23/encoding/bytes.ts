export { concat } from "../../protocol/encoding/bytes.ts";
