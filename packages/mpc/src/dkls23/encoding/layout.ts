export type { Fields, Layout } from "../../protocol/encoding/layout.ts";
