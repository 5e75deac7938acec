-- What settling looks for: sessions without an outcome whose intent is over.
create index sessions_open on sessions (expires_at) where status = 'open';
