import { storeContract } from "../../party/test/store-contract.ts";
import { memoryStore } from "./memory-store.ts";

storeContract("memory", async () => memoryStore());
