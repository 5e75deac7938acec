// The package as others import it: node:crypto in Node, and @noble in the bundle of a browser
// (browser.test.ts).
import * as entry from "@covault/crypto";
import { cryptoContract } from "./contract.ts";

cryptoContract("the entry", entry);
