-- This table has what parties keep of their stores outside of what is backed up with them
-- (packages/party/src/ports/generation.ts). `generation` only rises.
CREATE TABLE records (
  party_id text PRIMARY KEY,
  generation bigint NOT NULL,
  identity jsonb NOT NULL
);
