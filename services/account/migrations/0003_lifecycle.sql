-- Some sessions make a further epoch of a key. They alone have its `key_id`, and one of them is
-- open at a time. The column only keeps two apart, and what a session is about is in its signed
-- intent.
alter table sessions drop constraint sessions_kind_check;
alter table sessions add constraint sessions_kind_check check (kind in ('keygen', 'sign', 'refresh', 'reshare', 'recover'));
alter table sessions add column key_id bytea;
create unique index sessions_one_lifecycle on sessions (key_id) where key_id is not null and status = 'open';
create index sessions_by_key on sessions (key_id, created_at) where key_id is not null;
