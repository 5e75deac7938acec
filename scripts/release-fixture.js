// `npm run release:fixture -- 0.2.0`: what this release leaves in its databases, as plain SQL in services/*/test/releases. A real system of
// three parties works on PostgreSQL (TEST_POSTGRES_URL, or 127.0.0.1:5432) and is stopped by a dump in the middle of its work: every table has
// rows. All keys are those of the tests, made from names.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dumpSchema, withDatabase } from "./release/database.js";
import { leaveWork } from "./release/scenario.js";
import { startSystem } from "./release/system.js";

const [version] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(version ?? "")) {
  console.error("The version of the release is missing: npm run release:fixture -- 0.2.0");
  process.exit(1);
}
const stores = { account: "account", coordinator: "coordinator", "server-party": "party_server_party_1" };

await withDatabase(async (url) => {
  const system = await startSystem(url);
  try {
    await leaveWork(system);
    for (const [service, schema] of Object.entries(stores)) {
      const file = join(import.meta.dirname, "../services", service, "test/releases", `${version}.sql`);
      writeFileSync(
        file,
        `-- What release ${version} left behind (npm run release:fixture). It stays as it is.\n${dumpSchema(url, schema)}`,
      );
      console.log(file);
    }
  } finally {
    await system.stop();
  }
});
