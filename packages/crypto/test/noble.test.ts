import * as noble from "../src/noble/index.ts";
import { cryptoContract } from "./contract.ts";

cryptoContract("noble", noble);
