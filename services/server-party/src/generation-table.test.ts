// The record outside of a party's store, as a row in a database of its own.
import { afterAll } from "vitest";
import { generationContract } from "../../../packages/party/test/generation-contract.ts";
import { embeddedDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { generationTable } from "./generation-table.ts";

const database = embeddedDatabase();
afterAll(async () => (await database).close());
generationContract("table", async (partyId) => generationTable(await database, partyId));
