-- What holders have said, each by its signature, that they have sealed of a key. It is verified on
-- every read, against the holders and the epoch that the key's certificates name. The documents
-- stay with the parties.
create table backups (
  key_id bytea not null,
  party_id text not null,
  -- An encoded Signed, whose body is a Backup.
  statement bytea not null,
  said_at timestamptz not null,
  primary key (key_id, party_id)
);

-- The epoch of each key for which its holders were asked last.
create table backup_asks (
  key_id bytea primary key,
  epoch bytea not null,
  asked_at timestamptz not null
);
