-- A session that changes a key has the key's id here, in hex, and which part of it: a pair, a
-- share, or the empty text for a further epoch of the whole key. One session of each may be open or
-- running at a time, whichever coordinator opens it. A staged one is not in the way of the next,
-- which supersedes it (dkls23-spec 7).
alter table sessions add column key_id text;
alter table sessions add column part text not null default '';
create unique index sessions_one_lifecycle on sessions (key_id, part) where key_id is not null and status in ('open', 'running');

-- Whether a signature waits for pairs that are made anew, so that its caller is told at once.
alter table sessions add column wants_pairs boolean not null default false;

-- Which session and attempt the routing id of a repair belongs to. The receiver's word that it has
-- its share again names nothing else.
create table repair_attempts (
  rid text primary key,
  session_id text not null,
  attempt integer not null
);

-- This table has what holders were asked of a key, what they hold or what they have sealed, for as
-- long as anybody waits. A report may reach another coordinator than the one that asked.
create table holding_questions (
  -- 32 random bytes of the caller, hex.
  nonce text primary key,
  about text not null check (about in ('holding', 'backup', 'export', 'import')),
  key_id text not null,
  scheme text not null,
  -- A list of the parties that were asked, with the identity key that each has to sign with.
  asked jsonb not null,
  asked_at_ms bigint not null
);
create index holding_questions_by_age on holding_questions (asked_at_ms);

-- One verified report of each party that was asked: an encoded Signed.
create table holding_reports (
  nonce text not null references holding_questions on delete cascade,
  party_id text not null,
  statement bytea not null,
  primary key (nonce, party_id)
);
