-- These tables have the event log, which is one hash chain per tenant. An entry is RFC 8785 JSON,
-- and its hash is SHA-256(0x00 || entry), the leaf hash of RFC 9162. Signed checkpoints make the
-- log worth believing, since a writer of this database can write these tables as well.

-- `head` is the hash of entry number `size`, or 32 zero bytes for an empty chain. The row is the
-- lock under which a tenant's entries are numbered.
create table chains (
  tenant_id text primary key references tenants,
  size bigint not null,
  head bytea not null
);

-- `entry` is the truth. The columns beside it are for looking entries up, and are taken from it.
create table events (
  tenant_id text not null references chains,
  seq bigint not null,
  entry text not null,
  hash bytea not null,
  at timestamptz not null,
  act text not null,
  actor text,
  account_id text,
  primary key (tenant_id, seq)
);
create index events_by_account on events (tenant_id, account_id, seq) where account_id is not null;
create index events_by_at on events (tenant_id, at, seq);

-- `line` is the signed checkpoint as it stands in an export.
create table checkpoints (
  tenant_id text not null references chains,
  size bigint not null,
  line text not null,
  primary key (tenant_id, size)
);

-- The function appends one entry and gives its number. `part_before` holds the members act, actor,
-- at, data and object, and `part_after` the tenant. In the order of RFC 8785, prev and seq stand
-- between them. A statement that changes something calls it for the rows that it changed, so that
-- the act and its entry are stored together. The chain's row stays locked until the transaction
-- ends, so two replicas number their entries one after the other.
create function append_event(in_tenant text, part_before text, part_after text) returns bigint
language plpgsql volatile set search_path from current as $$
declare
  chain chains%rowtype;
  whole text;
  fields jsonb;
  digest bytea;
begin
  loop
    select * into chain from chains where tenant_id = in_tenant for update;
    exit when found;
    insert into chains (tenant_id, size, head) values (in_tenant, 0, decode(repeat('00', 32), 'hex')) on conflict do nothing;
  end loop;
  whole := part_before || ',"prev":"' || encode(chain.head, 'hex') || '","seq":"' || (chain.size + 1) || '"' || part_after;
  digest := sha256('\x00'::bytea || convert_to(whole, 'UTF8'));
  fields := whole::jsonb;
  insert into events (tenant_id, seq, entry, hash, at, act, actor, account_id)
    values (in_tenant, chain.size + 1, whole, digest, (fields ->> 'at')::timestamptz, fields ->> 'act', fields #>> '{actor,id}',
      fields #>> '{object,account_id}');
  update chains set size = chain.size + 1, head = digest where tenant_id = in_tenant;
  return chain.size + 1;
end
$$;
