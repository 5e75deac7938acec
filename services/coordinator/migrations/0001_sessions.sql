-- This table has the event streams of sessions. It is append-only, and the only truth. (session_id,
-- seq) is the optimistic lock.
create table events (
  tenant_id text not null,
  session_id text not null,
  seq integer not null check (seq > 0),
  type text not null,
  data jsonb not null,
  at_ms bigint not null,
  primary key (session_id, seq)
);

-- This table has one row per session, for lists, waiting and due work. The row is a fold of the
-- session's events, and is written with them.
create table sessions (
  session_id text primary key,
  tenant_id text not null,
  account_id text not null,
  kind text not null,
  status text not null,
  version integer not null,
  attempt integer not null,
  created_at_ms bigint not null,
  updated_at_ms bigint not null,
  expires_at_ms bigint not null,
  -- The time at which the session next wants a look. Null says that it wants none.
  due_at_ms bigint,
  lease_owner text,
  lease_until_ms bigint not null default 0
);
create index sessions_due on sessions (due_at_ms) where due_at_ms is not null;
create index sessions_by_age on sessions (tenant_id, session_id);

-- This table has pairs that do not sign, as parties reported them. A pair was burned after a failed
-- check, or lost by a restored party (code party/pairs-missing). Rows are only inserted. What was
-- said of one pair id is over when the pair has another one, and so it ends with the epoch.
create table burns (
  tenant_id text not null,
  key_id text not null,
  epoch text not null,
  low integer not null,
  high integer not null check (low < high),
  -- The id of the renewed pair, in hex. It is empty for the pair that was made with the epoch.
  pair_id text not null,
  code text not null,
  reported_by text not null,
  session_id text not null,
  at_ms bigint not null,
  primary key (key_id, epoch, low, high, pair_id, code)
);

-- This table has the certificate of every pair that was made anew within an epoch. The highest one
-- by (generation, pair_id) is the pair.
create table pairs (
  tenant_id text not null,
  key_id text not null,
  epoch text not null,
  low integer not null,
  high integer not null check (low < high),
  generation integer not null check (generation between 1 and 16),
  pair_id text not null,
  certificate bytea not null,
  session_id text not null,
  at_ms bigint not null,
  primary key (key_id, epoch, low, high, pair_id)
);

-- This table has the certificate of every epoch, which says which party holds which share.
-- `old_epoch` is the epoch that it continues. It is null for the epoch that founded the key. The
-- epochs of one key are a tree, since a run in doubt is passed by with a higher number
-- (docs/decisions/0036). The highest epoch is the key's.
create table keys (
  tenant_id text not null,
  key_id text not null,
  epoch text not null,
  epoch_number bigint not null check (epoch_number between 0 and 4294967295),
  old_epoch text,
  certificate bytea not null,
  session_id text not null,
  at_ms bigint not null,
  primary key (key_id, epoch)
);
-- A key has one founding certificate, whichever session brings another.
create unique index keys_founded on keys (key_id) where old_epoch is null;
