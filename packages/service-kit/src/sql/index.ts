// The database of a service or a party: PostgreSQL, or PostgreSQL inside the process.
export { unhurried } from "./connections.ts";
export { type Database, type DatabaseConfig, openDatabase } from "./database.ts";
export { type Migrated, migrate } from "./migrate.ts";
export { type KeptRoster, keptRosters, type RosterTable, rosterTable } from "./roster-table.ts";
