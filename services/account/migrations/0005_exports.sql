-- A session may be an export. What holders answer to it is kept as they signed it, so a row needs
-- no MAC. A release with a document marks its key as exported for good.
alter table sessions drop constraint sessions_kind_check;
alter table sessions add constraint sessions_kind_check
  check (kind in ('keygen', 'sign', 'refresh', 'reshare', 'recover', 'renew', 'repair', 'import', 'export'));

create table releases (
  session_id text not null references sessions,
  party_id text not null,
  key_id bytea not null,
  tenant_id text not null references tenants,
  -- An encoded Signed release.
  release bytea not null,
  -- Whether the party consents. It is for looking keys up, and readers take it from the release.
  consents boolean not null,
  created_at timestamptz not null,
  primary key (session_id, party_id)
);
create index releases_by_key on releases (key_id) where consents;
