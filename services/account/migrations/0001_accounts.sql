-- These are the account service's tables. Everything that decides which parties sign what is
-- covered by a row's `mac` (an HMAC under ROW_KEY) or by a signature inside it. An altered row is
-- refused, so it signs nothing.

create table tenants (
  tenant_id text primary key,
  name text not null,
  created_at timestamptz not null default now()
);
insert into tenants (tenant_id, name) values ('default', 'default');

-- `secret_hash` is SHA-256 of the API key. Keys are 256 bits of entropy, so a fast hash is enough.
create table api_keys (
  api_key_id text primary key,
  tenant_id text not null references tenants,
  secret_hash bytea not null unique,
  label text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null,
  mac bytea not null
);

-- This table has the row keys under which rows were ever written, as check values that say nothing
-- about them.
create table row_keys (
  check_value bytea primary key
);

create table accounts (
  account_id text primary key,
  tenant_id text not null references tenants,
  user_id text not null,
  name text,
  status text not null check (status in ('creating', 'active', 'failed')),
  -- The scheme of each of the account's keys, as a JSON list. The schemes that the account was
  -- asked for come first, in that order, and then every one that came later.
  schemes text not null,
  threshold_t integer not null,
  threshold_n integer not null,
  keygen_session_id text not null unique,
  -- SHA-256 of the intent that founds the first key. No other keygen founds this account, whoever
  -- signed it.
  keygen_intent_id bytea not null,
  -- The holders in the order of preference, and those that must sign. Null says every holder, and
  -- nobody in particular.
  signing_parties text,
  signing_required text,
  -- The reason why keygen failed, as an error code and its sentence.
  failure_code text,
  failure_message text,
  version integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  mac bytea not null
);
create index accounts_by_tenant on accounts (tenant_id, account_id);
create index accounts_by_user on accounts (tenant_id, user_id, account_id);

-- One key serves one scheme, and an account has at most one key of each. The columns are for
-- operators, since readers recompute them from the certificates. `epoch` and `epoch_number` are
-- those of the last certificate. `mac` covers all of them.
create table keys (
  key_id bytea primary key,
  tenant_id text not null references tenants,
  account_id text not null references accounts,
  -- The session that made the key, and SHA-256 of its intent.
  keygen_session_id text not null,
  keygen_intent_id bytea not null,
  scheme text not null,
  public_key bytea not null,
  chain bytea not null,
  epoch bytea not null,
  epoch_number bigint not null check (epoch_number between 0 and 4294967295),
  created_at timestamptz not null,
  mac bytea not null,
  unique (account_id, scheme)
);

-- This table has the key's chain: the certificate that founded it, and one of every later epoch,
-- ascending by `epoch_number`.
create table epochs (
  key_id bytea not null references keys,
  epoch bytea not null,
  epoch_number bigint not null check (epoch_number between 0 and 4294967295),
  tenant_id text not null references tenants,
  session_id text not null,
  certificate bytea not null,
  created_at timestamptz not null,
  primary key (key_id, epoch),
  unique (key_id, epoch_number)
);

-- This table has what this service asked the coordinator for. `intent` is the encoded Signed
-- intent, stored before it is sent.
create table sessions (
  session_id text primary key,
  tenant_id text not null references tenants,
  account_id text not null references accounts,
  kind text not null check (kind in ('keygen', 'sign')),
  status text not null check (status in ('open', 'completed', 'failed')),
  intent bytea not null,
  -- The signature of a kind that signs. It is verified before it is stored, and again whenever it
  -- is read.
  signature bytea,
  failure_code text,
  failure_message text,
  -- The signed statement that a failed keygen will never commit, and whether the coordinator has
  -- it.
  abandonment bytea,
  abandonment_delivered boolean not null default false,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index sessions_by_account on sessions (account_id, session_id);
-- Reconciling looks for sessions without an outcome.
create index sessions_open on sessions (expires_at) where status = 'open';
create index sessions_undelivered on sessions (session_id) where abandonment is not null and not abandonment_delivered;
-- An account gets one key after the other.
create unique index sessions_one_keygen on sessions (account_id) where kind = 'keygen' and status = 'open';

-- A row is written before the work. `session_id` is the session that the key stands for, whose
-- state is the answer.
create table idempotency (
  tenant_id text not null references tenants,
  route text not null,
  key text not null,
  body_hash bytea not null,
  session_id text not null,
  -- The count grows while the process that wrote the row is at work on a session that does not
  -- exist yet. Another process that has watched it stand still for the length of a claim takes the
  -- key over. No clocks of two machines are compared.
  renewals integer not null default 0,
  created_at timestamptz not null,
  primary key (tenant_id, route, key)
);
