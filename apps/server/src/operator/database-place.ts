/** The settings of a role that say where its database is, for a command that opens it. */
export const databasePlace = {
  DATABASE_URL: true,
  DATABASE_POOL_MAX: true,
  POSTGRES_HOST: true,
  POSTGRES_PORT: true,
  POSTGRES_USER: true,
  POSTGRES_PASSWORD: true,
  POSTGRES_DB: true,
  DATA_DIR: true,
} as const;
