-- These tables have what one party remembers (packages/party/src/ports/store.ts). Secrets arrive
-- sealed, and nothing of signing state is ever here. Times are milliseconds since 1970. Ids and
-- hashes have 32 bytes.

-- This table has one row. It names the party that owns this schema, and says where the schema
-- stands between backups.
CREATE TABLE party (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  party_id text NOT NULL,
  generation bigint NOT NULL DEFAULT 0,
  -- How often the store was marked as restored.
  marks integer NOT NULL DEFAULT 0,
  -- The era, which is another one in every new store and after every mark. Sessions and pairs of
  -- another era are not used, whenever they came into their tables.
  era uuid NOT NULL DEFAULT gen_random_uuid(),
  -- Intents that were issued up to this time are refused.
  refuse_up_to_ms bigint NOT NULL DEFAULT -1
);

-- This table has check values of the master keys that sealed anything here. A process without all
-- of them does not start, unless nothing is sealed any more under the one that is missing. Sealed
-- bytes name their key by its id.
CREATE TABLE master_keys (
  check_value bytea PRIMARY KEY,
  master_id bytea NOT NULL,
  first_used_at timestamptz NOT NULL DEFAULT now()
);

-- This table says which replica runs what. No clock decides (packages/party/src/ports/lease.ts).
CREATE TABLE leases (
  name text PRIMARY KEY,
  owner text NOT NULL,
  fence bigserial NOT NULL,
  counter bigint NOT NULL
);

CREATE TABLE intents (
  intent_id bytea PRIMARY KEY,
  session_id text NOT NULL UNIQUE,
  forget_after_ms bigint NOT NULL,
  finished boolean NOT NULL DEFAULT false,
  -- The signature that the intent has, and the attempt that made it. It is no secret, and kept for
  -- a coordinator that did not hear of it.
  signature bytea,
  signed_attempt integer
);
CREATE INDEX intents_forget ON intents (forget_after_ms);

CREATE TABLE attempts (
  intent_id bytea NOT NULL REFERENCES intents ON DELETE CASCADE,
  attempt integer NOT NULL,
  rid bytea NOT NULL,
  PRIMARY KEY (intent_id, attempt)
);

CREATE TABLE sessions (
  rid bytea PRIMARY KEY,
  session_id text NOT NULL,
  intent_id bytea NOT NULL,
  era uuid NOT NULL,
  context bytea NOT NULL,
  expires_at_ms bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'staged', 'over')),
  round integer NOT NULL,
  state bytea NOT NULL,
  -- The digest of the messages that this round is answered with. It is null before the answer.
  inputs bytea,
  fence bigint NOT NULL,
  -- The lease of the instance that runs the session, and the fence under which the instance holds
  -- it.
  lease text NOT NULL,
  lease_fence bigint NOT NULL
);
CREATE INDEX sessions_intent ON sessions (intent_id);
CREATE INDEX sessions_running ON sessions (rid) WHERE status = 'running';

CREATE TABLE outbox (
  rid bytea NOT NULL REFERENCES sessions ON DELETE CASCADE,
  round integer NOT NULL,
  receiver integer NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (rid, round, receiver)
);

CREATE TABLE abandoned (
  intent_id bytea PRIMARY KEY,
  abandoned_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE shares (
  key_id bytea NOT NULL,
  epoch bytea NOT NULL,
  epoch_number bigint NOT NULL CHECK (epoch_number BETWEEN 0 AND 4294967295),
  scheme text NOT NULL,
  session_id text NOT NULL,
  -- The intent that made the share. Another intent may have the same session id.
  intent_id bytea NOT NULL UNIQUE,
  status text NOT NULL CHECK (status IN ('staged', 'committed', 'superseded', 'left')),
  record bytea NOT NULL,
  secret bytea NOT NULL,
  intent bytea NOT NULL,
  ack bytea NOT NULL,
  PRIMARY KEY (key_id, epoch)
);
CREATE INDEX shares_staged ON shares (key_id) WHERE status = 'staged';
CREATE INDEX shares_committed ON shares (key_id) WHERE status = 'committed';
CREATE INDEX shares_session ON shares (session_id);

-- This table has each key as it is committed here: its founding certificate (place 0) and every
-- later one up to its highest epoch.
CREATE TABLE certificates (
  key_id bytea NOT NULL,
  place integer NOT NULL,
  certificate bytea NOT NULL,
  PRIMARY KEY (key_id, place)
);

-- This table has shares that are sealed to recipients outside of the system, as documents. What the
-- recipient's key opens is in no other table, and nothing here opens it.
CREATE TABLE backups (
  key_id bytea NOT NULL,
  recipient bytea NOT NULL,
  epoch bytea NOT NULL,
  epoch_number bigint NOT NULL,
  document bytea NOT NULL,
  -- The folder that has the document as well. Empty when there is none.
  place text NOT NULL,
  made_at_ms bigint NOT NULL,
  PRIMARY KEY (key_id, recipient)
);

-- This table has what is public of every pair and each of its generations. Generation 0 was made
-- with its epoch. Every other one has the renewal that made it.
CREATE TABLE generations (
  key_id bytea NOT NULL,
  epoch bytea NOT NULL,
  -- The share index of the other end.
  partner integer NOT NULL,
  generation integer NOT NULL CHECK (generation BETWEEN 0 AND 16),
  pair_id bytea NOT NULL UNIQUE,
  status text NOT NULL CHECK (status IN ('staged', 'committed')),
  session_id text,
  intent_id bytea UNIQUE,
  intent bytea,
  ack bytea,
  certificate bytea,
  PRIMARY KEY (key_id, epoch, partner, generation),
  CHECK (generation = 0 OR (session_id IS NOT NULL AND intent_id IS NOT NULL AND intent IS NOT NULL AND ack IS NOT NULL)),
  CHECK (generation = 0 OR (status = 'committed') = (certificate IS NOT NULL))
);
CREATE INDEX generations_staged ON generations (intent_id) WHERE status = 'staged';

-- This table has the OT state of each pair. It is left out of every backup (pg_dump
-- --exclude-table-data='*.pairs'), since a copy of it is one more bet for a cheating partner.
CREATE TABLE pairs (
  key_id bytea NOT NULL,
  epoch bytea NOT NULL,
  partner integer NOT NULL,
  generation integer NOT NULL,
  era uuid NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (key_id, epoch, partner, generation)
);

-- This table counts the renewals of each pair that were begun in its epoch, failed ones included.
CREATE TABLE renewal_runs (
  key_id bytea NOT NULL,
  epoch bytea NOT NULL,
  partner integer NOT NULL,
  runs integer NOT NULL,
  PRIMARY KEY (key_id, epoch, partner)
);

-- This table has the exports that the party has consented to. A row marks its key as exported for
-- good. `release` is what is sent again when it is asked for again: the share, sealed to the
-- recipient. It is emptied with the intent or the epoch.
CREATE TABLE releases (
  intent_id bytea PRIMARY KEY,
  key_id bytea NOT NULL,
  epoch bytea NOT NULL,
  release bytea NOT NULL,
  released_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX releases_key ON releases (key_id);

-- This table has the keys that imports are sealed to. Each is deleted with its import, or when its
-- time is over.
CREATE TABLE import_keys (
  public_key bytea PRIMARY KEY,
  sealed bytea NOT NULL,
  expires_at_ms bigint NOT NULL
);

-- This table is append-only, and the trigger below holds every statement to that. A pair may have
-- one burn for strikes and one for a failed check, which counts more.
CREATE TABLE burns (
  pair_id bytea NOT NULL,
  epoch bytea NOT NULL,
  partner integer NOT NULL,
  reason text NOT NULL,
  sid bytea NOT NULL,
  digest bytea NOT NULL,
  burned_at timestamptz NOT NULL DEFAULT now(),
  is_failed boolean NOT NULL GENERATED ALWAYS AS (reason <> 'party/strikes') STORED,
  PRIMARY KEY (pair_id, is_failed)
);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'burns are never changed or deleted';
END
$$;
CREATE TRIGGER burns_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON burns EXECUTE FUNCTION refuse_change();

-- This table has the burned pairs that the operator has cleared, so that they may be renewed.
CREATE TABLE clearances (
  pair_id bytea PRIMARY KEY,
  cleared_at timestamptz NOT NULL DEFAULT now()
);

-- This table has open checks by the instance that runs them. A check whose lease is not there under
-- that fence any more is a strike (dkls23-spec 9, rule 1).
CREATE TABLE checks (
  pair_id bytea NOT NULL,
  sid bytea NOT NULL,
  epoch bytea NOT NULL,
  partner integer NOT NULL,
  lease text NOT NULL,
  lease_fence bigint NOT NULL,
  PRIMARY KEY (pair_id, sid)
);
