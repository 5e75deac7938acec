-- Some sessions change a key that is there. They alone have its `key_id`, and in `part` the pair or
-- the share that they change. An empty `part` stands for a further epoch of the whole key. One
-- session of each is open at a time. The columns only keep two apart, and what a session is about
-- is in its signed intent.
alter table sessions drop constraint sessions_kind_check;
alter table sessions add constraint sessions_kind_check check (kind in ('keygen', 'sign', 'refresh', 'reshare', 'recover', 'renew', 'repair'));
alter table sessions add column key_id bytea;
alter table sessions add column part text not null default '';
create unique index sessions_one_lifecycle on sessions (key_id, part) where key_id is not null and status = 'open';
create index sessions_by_key on sessions (key_id, part, created_at) where key_id is not null;
