-- What release 0.1.0 left behind (npm run release:fixture). It stays as it is.
CREATE SCHEMA account;

CREATE TABLE account.accounts (
    account_id text NOT NULL,
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    name text,
    status text NOT NULL,
    scheme text NOT NULL,
    threshold_t integer NOT NULL,
    threshold_n integer NOT NULL,
    keygen_session_id text NOT NULL,
    signing_parties text,
    signing_required text,
    failure_code text,
    failure_message text,
    abandonment bytea,
    abandonment_delivered boolean DEFAULT false NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    mac bytea NOT NULL,
    CONSTRAINT accounts_status_check CHECK ((status = ANY (ARRAY['creating'::text, 'active'::text, 'failed'::text])))
);

CREATE TABLE account.api_keys (
    api_key_id text NOT NULL,
    tenant_id text NOT NULL,
    secret_hash bytea NOT NULL,
    label text NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    mac bytea NOT NULL
);

CREATE TABLE account.epochs (
    key_id bytea NOT NULL,
    epoch bytea NOT NULL,
    epoch_number integer NOT NULL,
    tenant_id text NOT NULL,
    session_id text NOT NULL,
    certificate bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE account.idempotency (
    tenant_id text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    resource_id text NOT NULL,
    claimed_until timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE account.keys (
    key_id bytea NOT NULL,
    tenant_id text NOT NULL,
    account_id text NOT NULL,
    scheme text NOT NULL,
    public_key bytea NOT NULL,
    chain bytea NOT NULL,
    epoch bytea NOT NULL,
    epoch_number integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    mac bytea NOT NULL
);

CREATE TABLE account.migrations (
    name text NOT NULL,
    digest text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE account.sessions (
    session_id text NOT NULL,
    tenant_id text NOT NULL,
    account_id text NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    intent bytea NOT NULL,
    signature bytea,
    failure_code text,
    failure_message text,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT sessions_kind_check CHECK ((kind = ANY (ARRAY['keygen'::text, 'sign'::text]))),
    CONSTRAINT sessions_status_check CHECK ((status = ANY (ARRAY['open'::text, 'completed'::text, 'failed'::text])))
);

CREATE TABLE account.tenants (
    tenant_id text NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

INSERT INTO account.accounts (account_id, tenant_id, user_id, name, status, scheme, threshold_t, threshold_n, keygen_session_id, signing_parties, signing_required, failure_code, failure_message, abandonment, abandonment_delivered, version, created_at, updated_at, mac) VALUES ('acc_01m8fctkx0nefsn3evg7w078ch', 'default', 'alice', 'of alice', 'active', 'ecdsa-secp256k1', 2, 3, 'ses_01m8fctkxdr70pxkpz9cftwgnp', '["server-party-1","server-party-2","server-party-3"]', '["server-party-1"]', NULL, NULL, NULL, false, 2, '2026-11-27 20:58:21.485+00', '2026-11-27 20:58:22.64+00', '\x109397cf518b09c26e2e7e12631e12db19e75fd8cab9c0176dd9aaa96689799b');
INSERT INTO account.accounts (account_id, tenant_id, user_id, name, status, scheme, threshold_t, threshold_n, keygen_session_id, signing_parties, signing_required, failure_code, failure_message, abandonment, abandonment_delivered, version, created_at, updated_at, mac) VALUES ('acc_01m8fctnej7ngfc11qk2yxtqb4', 'default', 'bob', NULL, 'failed', 'ecdsa-secp256k1', 2, 3, 'ses_01m8fctnekmp0n4r3b31c9k6q0', NULL, NULL, 'account/session-failed', 'The keygen session ses_01m8fctnekmp0n4r3b31c9k6q0 failed: The attempt failed (coordinator/no-progress) after some members had acknowledged; without the word of server-party-3 there is no certificate. (coordinator/no-progress)', '\x0a4b0a1e7365735f30316d386663746e656b6d70306e34723362333163396b36713012204f766d82c766cbd03f9e4cd2bf48f29030a4688060498338463b607620fee85f1a076163636f756e7412403a54b0a18bec6dce8e0e4ba83f6227dc87005a5c6db60f5c4e3fc8df6f07bee65cd44b537e2450b671f530d0c3e630ec0c50fa96178d39a86a15c5624e02ac0e1a076163636f756e74', true, 2, '2026-11-27 20:58:23.059+00', '2026-11-27 20:58:31.097+00', '\x0ce51b05304f1c81c0b647343ab79ae78e8c61462db63fdcdfd5890c27e5b30b');
INSERT INTO account.accounts (account_id, tenant_id, user_id, name, status, scheme, threshold_t, threshold_n, keygen_session_id, signing_parties, signing_required, failure_code, failure_message, abandonment, abandonment_delivered, version, created_at, updated_at, mac) VALUES ('acc_01m8fctxanaeemydszsxr8jj2h', 'default', 'carol', 'of carol', 'creating', 'ecdsa-secp256k1', 2, 3, 'ses_01m8fctxar225ncvvqb39j4mmv', NULL, NULL, NULL, NULL, NULL, false, 0, '2026-11-27 20:58:31.128+00', '2026-11-27 20:58:31.128+00', '\x128ba8739e7cfad192e2e47d634d7ea4f967dbf6e716fce58fba3ce88320ca04');
INSERT INTO account.accounts (account_id, tenant_id, user_id, name, status, scheme, threshold_t, threshold_n, keygen_session_id, signing_parties, signing_required, failure_code, failure_message, abandonment, abandonment_delivered, version, created_at, updated_at, mac) VALUES ('acc_01m8fctxk74247pycs0xxg5e3v', 'default', 'dave', 'of dave', 'creating', 'ecdsa-secp256k1', 2, 3, 'ses_01m8fctxkadccj571fmnrg63ek', NULL, NULL, NULL, NULL, NULL, false, 0, '2026-11-27 20:58:31.402+00', '2026-11-27 20:58:31.402+00', '\xb545357282572d28cd87f120bfc3a6de751f4270e31c30d7904fe342ee41ee67');

INSERT INTO account.api_keys (api_key_id, tenant_id, secret_hash, label, expires_at, revoked_at, created_at, mac) VALUES ('key_live', 'other', '\xacbc518c37af21a2cc1334cf2cea1775bd3a6c15c6adb8c1d128150535762b92', 'live', NULL, NULL, '2023-11-14 22:13:20+00', '\xe8d1db3085a05303d1f642f988d469ea72abaebefae5b7ec069c3ec31ad7dcf4');
INSERT INTO account.api_keys (api_key_id, tenant_id, secret_hash, label, expires_at, revoked_at, created_at, mac) VALUES ('key_revoked', 'other', '\x9e0bde6e3be713570fd6c8271ef5e5c8ddec559c4a1ada80495765f475f08e23', 'revoked', NULL, '2027-01-15 08:00:00+00', '2023-11-14 22:13:20+00', '\x31b7a42d57278933713ef0e044b5e4c2e610227c55687fddd420c7f958b39170');

INSERT INTO account.epochs (key_id, epoch, epoch_number, tenant_id, session_id, certificate, created_at) VALUES ('\x5dd59f1f13800adfba00153b816ebcc9dcbc5d2c65c82ad54c5a95fd57926a6a', '\xa31990fdb7a0adf72125395422fc1d049b87606d42f4f6f84d35df11563782d3', 0, 'default', 'ses_01m8fctkxdr70pxkpz9cftwgnp', '\x0ac2030af4020801120764656661756c741a076163636f756e74221e7365735f30316d386663746b786472373070786b707a3963667477676e7028ad9fb5f6a13430edc8bcf6a1343a1e6163635f30316d386663746b78306e6566736e3365766737773037386368528f020a0f65636473612d736563703235366b3110021a400a0e7365727665722d70617274792d3110011a20adad8e7054e4704c1810bcb99255c5d4d97bcc4be7975d821b3ee28abcb1824c220a70657273697374656e741a400a0e7365727665722d70617274792d3210021a205221922d13461e76d8cd858ba55a87311d7d9dbafc7c95e07e91344138bcedd9220a70657273697374656e741a400a0e7365727665722d70617274792d3310031a206032747e1a99a13378cb5438b975ad85d889f9fcdcafb3aa8b37117d7a8b6ff8220a70657273697374656e7422340a076163636f756e74122026cdf4da6874f4c4dfba1d5753c08a53a1f1b52be7efd67a3f53389cb5eca3801a0764656661756c7412406e872553945e347673ae797e004a8d7fbcecb2847e5bde2476182efe81f2a93fa536dd5f9765668c4fe1554ebf374f1c56e4b6fcf5aac2a805bd747450be500a1a076163636f756e7412c4020aef010a205dd59f1f13800adfba00153b816ebcc9dcbc5d2c65c82ad54c5a95fd57926a6a1220a31990fdb7a0adf72125395422fc1d049b87606d42f4f6f84d35df11563782d31a2077a5e30e419a8d2ed9f4f02adc126fcfdc662e14bd72b7708b43a463cf4fc5ec20012a209e7e86be82e017eb2e3659f9a78327e8cae59b397e301eb146acfa524035a41332210249a7f1c5ca60afbd7675bcef7ae638cb0d4dc7b226e0d4220c76ecf8c3e5237c3a20af1339a06e32ea1dbcb853cd54175cb7b38c1c166c509f4ec764ae1a6f988b4b421e7365735f30316d386663746b786472373070786b707a3963667477676e7012409673356995acc285abdbcbe6229bd40f8c0bb7b41eecc9400be9293efe4b8da65e8e39c6070de79128a9259800305b5df29f70204227d36cf4f20f388c22ff001a0e7365727665722d70617274792d3112c4020aef010a205dd59f1f13800adfba00153b816ebcc9dcbc5d2c65c82ad54c5a95fd57926a6a1220a31990fdb7a0adf72125395422fc1d049b87606d42f4f6f84d35df11563782d31a2077a5e30e419a8d2ed9f4f02adc126fcfdc662e14bd72b7708b43a463cf4fc5ec20022a209e7e86be82e017eb2e3659f9a78327e8cae59b397e301eb146acfa524035a41332210249a7f1c5ca60afbd7675bcef7ae638cb0d4dc7b226e0d4220c76ecf8c3e5237c3a20af1339a06e32ea1dbcb853cd54175cb7b38c1c166c509f4ec764ae1a6f988b4b421e7365735f30316d386663746b786472373070786b707a3963667477676e701240c6440e82420baa9c1513a3eef430188218d9d59464f381af6da29dfee5e27b0581a31d1e36d5eefffa2b600edf003501f74d9b4410eea4af8169299d7e5caa0f1a0e7365727665722d70617274792d3212c4020aef010a205dd59f1f13800adfba00153b816ebcc9dcbc5d2c65c82ad54c5a95fd57926a6a1220a31990fdb7a0adf72125395422fc1d049b87606d42f4f6f84d35df11563782d31a2077a5e30e419a8d2ed9f4f02adc126fcfdc662e14bd72b7708b43a463cf4fc5ec20032a209e7e86be82e017eb2e3659f9a78327e8cae59b397e301eb146acfa524035a41332210249a7f1c5ca60afbd7675bcef7ae638cb0d4dc7b226e0d4220c76ecf8c3e5237c3a20af1339a06e32ea1dbcb853cd54175cb7b38c1c166c509f4ec764ae1a6f988b4b421e7365735f30316d386663746b786472373070786b707a3963667477676e70124056c2b2a6394d8765974a18be5a544dbec02376767af584e95ba8b6df30f03cf15423201911ce828168a77ec3d661efe201b72fbce0ce65444805466ae47f39081a0e7365727665722d70617274792d33', '2026-11-27 20:58:22.581+00');

INSERT INTO account.idempotency (tenant_id, route, key, body_hash, resource_id, claimed_until, created_at) VALUES ('default', 'POST /api/v1/accounts', 'create-alice', '\x7c5c4d234e95da74ef06579071e5944bcf9566055d519103edc61da90a9dadf0', 'acc_01m8fctkx0nefsn3evg7w078ch', '2026-11-27 20:58:41.488+00', '2026-11-27 20:58:21.472+00');
INSERT INTO account.idempotency (tenant_id, route, key, body_hash, resource_id, claimed_until, created_at) VALUES ('default', 'POST /api/v1/accounts/{id}/sign', 'sign-one', '\xa095e0f86c9001118c767f775c072479a099b01fa8ceb4eb100385909e1b8def', 'ses_01m8fctn214qkm5rmg1v77mfz8', '2026-11-27 20:58:42.668+00', '2026-11-27 20:58:22.657+00');
INSERT INTO account.idempotency (tenant_id, route, key, body_hash, resource_id, claimed_until, created_at) VALUES ('default', 'POST /api/v1/accounts/{id}/sign', 'sign-two', '\x0737cb17dcdc5226a7916b96c2004166a8c53758741a536fbf6064cd38f018e8', 'ses_01m8fctn8hx5yb54k4fd0w3cqm', '2026-11-27 20:58:42.871+00', '2026-11-27 20:58:22.865+00');
INSERT INTO account.idempotency (tenant_id, route, key, body_hash, resource_id, claimed_until, created_at) VALUES ('default', 'POST /api/v1/accounts', 'create-carol', '\x89e63425b6f779d434c5099b5ece8deac91631bdf97baaf5c7ec09f23d1de697', 'acc_01m8fctxanaeemydszsxr8jj2h', '2026-11-27 20:58:51.13+00', '2026-11-27 20:58:31.125+00');
INSERT INTO account.idempotency (tenant_id, route, key, body_hash, resource_id, claimed_until, created_at) VALUES ('default', 'POST /api/v1/accounts', 'create-dave', '\x0ed14bab33a48bd633b85249325d9452f7731fbc93e3ab720b38684264dfb649', 'acc_01m8fctxk74247pycs0xxg5e3v', '2026-11-27 20:58:51.403+00', '2026-11-27 20:58:31.399+00');

INSERT INTO account.keys (key_id, tenant_id, account_id, scheme, public_key, chain, epoch, epoch_number, created_at, mac) VALUES ('\x5dd59f1f13800adfba00153b816ebcc9dcbc5d2c65c82ad54c5a95fd57926a6a', 'default', 'acc_01m8fctkx0nefsn3evg7w078ch', 'ecdsa-secp256k1', '\x0249a7f1c5ca60afbd7675bcef7ae638cb0d4dc7b226e0d4220c76ecf8c3e5237c', '\xaf1339a06e32ea1dbcb853cd54175cb7b38c1c166c509f4ec764ae1a6f988b4b', '\xa31990fdb7a0adf72125395422fc1d049b87606d42f4f6f84d35df11563782d3', 0, '2026-11-27 20:58:22.581+00', '\x8ce250828e27831772bfca195fca0b797781b12c3bdb29e1693c14e6d931f0a2');

INSERT INTO account.migrations (name, digest, applied_at) VALUES ('0001_accounts.sql', '8b38326839be2eda4b99200f445d5cb647d79a998ea267796c8346462d5b6df3', '2026-11-27 20:58:21.364143+00');

INSERT INTO account.sessions (session_id, tenant_id, account_id, kind, status, intent, signature, failure_code, failure_message, expires_at, created_at, updated_at) VALUES ('ses_01m8fctkxdr70pxkpz9cftwgnp', 'default', 'acc_01m8fctkx0nefsn3evg7w078ch', 'keygen', 'completed', '\x0af4020801120764656661756c741a076163636f756e74221e7365735f30316d386663746b786472373070786b707a3963667477676e7028ad9fb5f6a13430edc8bcf6a1343a1e6163635f30316d386663746b78306e6566736e3365766737773037386368528f020a0f65636473612d736563703235366b3110021a400a0e7365727665722d70617274792d3110011a20adad8e7054e4704c1810bcb99255c5d4d97bcc4be7975d821b3ee28abcb1824c220a70657273697374656e741a400a0e7365727665722d70617274792d3210021a205221922d13461e76d8cd858ba55a87311d7d9dbafc7c95e07e91344138bcedd9220a70657273697374656e741a400a0e7365727665722d70617274792d3310031a206032747e1a99a13378cb5438b975ad85d889f9fcdcafb3aa8b37117d7a8b6ff8220a70657273697374656e7422340a076163636f756e74122026cdf4da6874f4c4dfba1d5753c08a53a1f1b52be7efd67a3f53389cb5eca3801a0764656661756c7412406e872553945e347673ae797e004a8d7fbcecb2847e5bde2476182efe81f2a93fa536dd5f9765668c4fe1554ebf374f1c56e4b6fcf5aac2a805bd747450be500a1a076163636f756e74', NULL, NULL, NULL, '2026-11-27 21:00:21.485+00', '2026-11-27 20:58:21.485+00', '2026-11-27 20:58:22.581+00');
INSERT INTO account.sessions (session_id, tenant_id, account_id, kind, status, intent, signature, failure_code, failure_message, expires_at, created_at, updated_at) VALUES ('ses_01m8fctn214qkm5rmg1v77mfz8', 'default', 'acc_01m8fctkx0nefsn3evg7w078ch', 'sign', 'completed', '\x0ac1020801120764656661756c741a076163636f756e74221e7365735f30316d386663746e323134716b6d35726d67317637376d667a3828cba8b5f6a13430abfdb8f6a1343a1e6163635f30316d386663746b78306e6566736e33657667377730373863685adc010a205dd59f1f13800adfba00153b816ebcc9dcbc5d2c65c82ad54c5a95fd57926a6a1220a31990fdb7a0adf72125395422fc1d049b87606d42f4f6f84d35df11563782d31a210249a7f1c5ca60afbd7675bcef7ae638cb0d4dc7b226e0d4220c76ecf8c3e5237c220f65636473612d736563703235366b312a207692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed320e7365727665722d70617274792d31320e7365727665722d70617274792d32320e7365727665722d70617274792d333a0e7365727665722d70617274792d31400212406ba61384bbdb87fe2c1fab78bcc7f12d5a0e8265e59644d433b56a287175cea18bb3f7028bb6c6c8570308e2b222ca0e779e644c0f55e1d99e603769b1881b081a076163636f756e74', '\xcd6055e9d0a4617dbeba2d25f673f975bdc33c9a2368eed8b0527cd010ac5a1e33db4ad62d8c017f8b4e775af97596feb0814357401d8f0134445c29c2911b0f01', NULL, NULL, '2026-11-27 20:59:22.667+00', '2026-11-27 20:58:22.667+00', '2026-11-27 20:58:22.845+00');
INSERT INTO account.sessions (session_id, tenant_id, account_id, kind, status, intent, signature, failure_code, failure_message, expires_at, created_at, updated_at) VALUES ('ses_01m8fctn8hx5yb54k4fd0w3cqm', 'default', 'acc_01m8fctkx0nefsn3evg7w078ch', 'sign', 'completed', '\x0ac1020801120764656661756c741a076163636f756e74221e7365735f30316d386663746e38687835796235346b34666430773363716d2896aab5f6a13430f6feb8f6a1343a1e6163635f30316d386663746b78306e6566736e33657667377730373863685adc010a205dd59f1f13800adfba00153b816ebcc9dcbc5d2c65c82ad54c5a95fd57926a6a1220a31990fdb7a0adf72125395422fc1d049b87606d42f4f6f84d35df11563782d31a210249a7f1c5ca60afbd7675bcef7ae638cb0d4dc7b226e0d4220c76ecf8c3e5237c220f65636473612d736563703235366b312a203fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3320e7365727665722d70617274792d31320e7365727665722d70617274792d32320e7365727665722d70617274792d333a0e7365727665722d70617274792d31400212408476df8777da58c6854ca1655ab723a95319ec1b39d5f2183e911a67322212a447cba85068cd3a549307fb42364de35aaa6452c7f038a35a1e8dd268d8705c081a076163636f756e74', '\xa2e106d4d0cd2292778494b11402c6ff81965a3f436545c6c789c7a4c6e9b1cf7fee798b49869a81ee0e3e4d1761b6246b6df8772e94681ed093eaea523a1d4a01', NULL, NULL, '2026-11-27 20:59:22.87+00', '2026-11-27 20:58:22.87+00', '2026-11-27 20:58:23.045+00');
INSERT INTO account.sessions (session_id, tenant_id, account_id, kind, status, intent, signature, failure_code, failure_message, expires_at, created_at, updated_at) VALUES ('ses_01m8fctnekmp0n4r3b31c9k6q0', 'default', 'acc_01m8fctnej7ngfc11qk2yxtqb4', 'keygen', 'failed', '\x0af4020801120764656661756c741a076163636f756e74221e7365735f30316d386663746e656b6d70306e34723362333163396b36713028d3abb5f6a1343093d5bcf6a1343a1e6163635f30316d386663746e656a376e6766633131716b32797874716234528f020a0f65636473612d736563703235366b3110021a400a0e7365727665722d70617274792d3110011a20adad8e7054e4704c1810bcb99255c5d4d97bcc4be7975d821b3ee28abcb1824c220a70657273697374656e741a400a0e7365727665722d70617274792d3210021a205221922d13461e76d8cd858ba55a87311d7d9dbafc7c95e07e91344138bcedd9220a70657273697374656e741a400a0e7365727665722d70617274792d3310031a206032747e1a99a13378cb5438b975ad85d889f9fcdcafb3aa8b37117d7a8b6ff8220a70657273697374656e7422340a076163636f756e74122026cdf4da6874f4c4dfba1d5753c08a53a1f1b52be7efd67a3f53389cb5eca3801a0764656661756c741240634f6a8f4fcabb536ddbd010f34f15fe70d36b982a15714d852aff8022e3717feec7b509eebf49dce974f524b366ea80e1eea987159d43f83602ef66a3a6e60e1a076163636f756e74', NULL, 'account/session-failed', 'The keygen session ses_01m8fctnekmp0n4r3b31c9k6q0 failed: The attempt failed (coordinator/no-progress) after some members had acknowledged; without the word of server-party-3 there is no certificate. (coordinator/no-progress)', '2026-11-27 21:00:23.059+00', '2026-11-27 20:58:23.059+00', '2026-11-27 20:58:31.089+00');
INSERT INTO account.sessions (session_id, tenant_id, account_id, kind, status, intent, signature, failure_code, failure_message, expires_at, created_at, updated_at) VALUES ('ses_01m8fctxar225ncvvqb39j4mmv', 'default', 'acc_01m8fctxanaeemydszsxr8jj2h', 'keygen', 'open', '\x0af4020801120764656661756c741a076163636f756e74221e7365735f30316d386663747861723232356e637676716233396a346d6d7628d8eab5f6a134309894bdf6a1343a1e6163635f30316d3866637478616e6165656d7964737a737872386a6a3268528f020a0f65636473612d736563703235366b3110021a400a0e7365727665722d70617274792d3110011a20adad8e7054e4704c1810bcb99255c5d4d97bcc4be7975d821b3ee28abcb1824c220a70657273697374656e741a400a0e7365727665722d70617274792d3210021a205221922d13461e76d8cd858ba55a87311d7d9dbafc7c95e07e91344138bcedd9220a70657273697374656e741a400a0e7365727665722d70617274792d3310031a206032747e1a99a13378cb5438b975ad85d889f9fcdcafb3aa8b37117d7a8b6ff8220a70657273697374656e7422340a076163636f756e74122026cdf4da6874f4c4dfba1d5753c08a53a1f1b52be7efd67a3f53389cb5eca3801a0764656661756c741240d5f026cbc067eeaf7ada963febca5c3ed5e453cc9dba4a40587eeaa08cf1f325846bb08f29d093717a62c0d224f47614ddb7e12b1b6e0c8c7830063162e2f9081a076163636f756e74', NULL, NULL, NULL, '2026-11-27 21:00:31.128+00', '2026-11-27 20:58:31.128+00', '2026-11-27 20:58:31.128+00');
INSERT INTO account.sessions (session_id, tenant_id, account_id, kind, status, intent, signature, failure_code, failure_message, expires_at, created_at, updated_at) VALUES ('ses_01m8fctxkadccj571fmnrg63ek', 'default', 'acc_01m8fctxk74247pycs0xxg5e3v', 'keygen', 'open', '\x0af4020801120764656661756c741a076163636f756e74221e7365735f30316d38666374786b616463636a353731666d6e72673633656b28eaecb5f6a13430aa96bdf6a1343a1e6163635f30316d38666374786b3734323437707963733078786735653376528f020a0f65636473612d736563703235366b3110021a400a0e7365727665722d70617274792d3110011a20adad8e7054e4704c1810bcb99255c5d4d97bcc4be7975d821b3ee28abcb1824c220a70657273697374656e741a400a0e7365727665722d70617274792d3210021a205221922d13461e76d8cd858ba55a87311d7d9dbafc7c95e07e91344138bcedd9220a70657273697374656e741a400a0e7365727665722d70617274792d3310031a206032747e1a99a13378cb5438b975ad85d889f9fcdcafb3aa8b37117d7a8b6ff8220a70657273697374656e7422340a076163636f756e74122026cdf4da6874f4c4dfba1d5753c08a53a1f1b52be7efd67a3f53389cb5eca3801a0764656661756c74124059d1664ec31263a16b0f9e2d1649e4146baa38be294fc27fd46dde242c669b476e3b0669b8bf94b7f3b0505f77dbf277a8a7c270e6dc65c084c4ceb53568a8091a076163636f756e74', NULL, NULL, NULL, '2026-11-27 21:00:31.402+00', '2026-11-27 20:58:31.402+00', '2026-11-27 20:58:31.402+00');

INSERT INTO account.tenants (tenant_id, name, created_at) VALUES ('default', 'default', '2026-11-27 20:58:21.364143+00');
INSERT INTO account.tenants (tenant_id, name, created_at) VALUES ('other', 'another', '2026-11-27 20:58:31.520992+00');

ALTER TABLE ONLY account.accounts
    ADD CONSTRAINT accounts_keygen_session_id_key UNIQUE (keygen_session_id);

ALTER TABLE ONLY account.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY account.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (api_key_id);

ALTER TABLE ONLY account.api_keys
    ADD CONSTRAINT api_keys_secret_hash_key UNIQUE (secret_hash);

ALTER TABLE ONLY account.epochs
    ADD CONSTRAINT epochs_key_id_epoch_number_key UNIQUE (key_id, epoch_number);

ALTER TABLE ONLY account.epochs
    ADD CONSTRAINT epochs_pkey PRIMARY KEY (key_id, epoch);

ALTER TABLE ONLY account.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (tenant_id, route, key);

ALTER TABLE ONLY account.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (key_id);

ALTER TABLE ONLY account.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (name);

ALTER TABLE ONLY account.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (session_id);

ALTER TABLE ONLY account.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (tenant_id);

CREATE INDEX accounts_by_tenant ON account.accounts USING btree (tenant_id, account_id);

CREATE INDEX accounts_by_user ON account.accounts USING btree (tenant_id, user_id, account_id);

CREATE INDEX accounts_unsettled ON account.accounts USING btree (account_id) WHERE ((status = 'creating'::text) OR ((abandonment IS NOT NULL) AND (NOT abandonment_delivered)));

CREATE INDEX keys_by_account ON account.keys USING btree (account_id, created_at, key_id);

CREATE INDEX sessions_by_account ON account.sessions USING btree (account_id, session_id);

ALTER TABLE ONLY account.accounts
    ADD CONSTRAINT accounts_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES account.tenants(tenant_id);

ALTER TABLE ONLY account.api_keys
    ADD CONSTRAINT api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES account.tenants(tenant_id);

ALTER TABLE ONLY account.epochs
    ADD CONSTRAINT epochs_key_id_fkey FOREIGN KEY (key_id) REFERENCES account.keys(key_id);

ALTER TABLE ONLY account.epochs
    ADD CONSTRAINT epochs_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES account.tenants(tenant_id);

ALTER TABLE ONLY account.idempotency
    ADD CONSTRAINT idempotency_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES account.tenants(tenant_id);

ALTER TABLE ONLY account.keys
    ADD CONSTRAINT keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES account.accounts(account_id);

ALTER TABLE ONLY account.keys
    ADD CONSTRAINT keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES account.tenants(tenant_id);

ALTER TABLE ONLY account.sessions
    ADD CONSTRAINT sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES account.accounts(account_id);

ALTER TABLE ONLY account.sessions
    ADD CONSTRAINT sessions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES account.tenants(tenant_id);
