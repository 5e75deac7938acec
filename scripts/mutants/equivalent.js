// The checks whose removal changes nothing that anybody could observe, each with its reason. They
// are found by file and text. One that is not there any more is reported.
export const equivalent = [
  {
    file: "mpc/src/kernel/affine.ts",
    text: "!sqrt(Y, y, T, 22)",
    why: "isAbscissa has told that there is a root; the other operand is for the case, never seen, that its batches run out",
  },
  {
    file: "mpc/src/kernel/point.ts",
    text: "isIdentity(P) === isIdentity(Q)",
    why: "of O and another point y is compared as 1 with 0: the operand before it refuses",
  },
  {
    file: "mpc/src/kernel/scalar.ts",
    text: "!isZero(a)",
    why: "zero is its own opposite, so it is not above it",
  },
  {
    file: "mpc/src/group/edwards25519/group.ts",
    text: "isZero(P, 0)",
    why: "on the curve y = 1 leaves x = 0 alone",
  },
  {
    file: "mpc/src/protocol/sequence.ts",
    text: 'position.kind !== "exchange"',
    why: "a position of another kind has no snapshot, which the other operand refuses; for the type checker",
  },
  {
    file: "mpc/src/dkls23/ot/extension.ts",
    text: "U.length !== extensionBytes(ell)",
    why: "the layout of the message has refused every other length; what is longer or shorter changes the challenge",
  },
  {
    file: "mpc/src/dkls23/ot/rvole.ts",
    text: "mu.length !== 32",
    why: "the comparison with the 32 bytes of mu refuses every other length",
  },
  {
    file: "mpc/src/dkls23/ot/rvole.ts",
    text: "!belowOrder(words)",
    why: "combine has refused (mpc/bad-message) before; here another encoding of an entry changes theta, and so mu",
  },
  {
    file: "mpc/src/dkls23/ot/rvole.ts",
    text: "!canonical(view)",
    why: "combine has refused (mpc/bad-message) before; here another encoding of an entry changes theta, and so mu",
  },
  {
    file: "mpc/src/dkls23/presign/online.ts",
    text: "point.isIdentity(shifted)",
    why: "delta is a hash of R: nobody finds the one that makes R + delta G the identity",
  },
  {
    file: "mpc/src/dkls23/sign/finish.ts",
    text: "!scalar.equal(scalar.mul(s, inverse), scalar.fromInt(1))",
    why: "holds by algebra for every w and u that are not zero: a guard against a fault of the inversion",
  },
  {
    file: "mpc/src/dkg/proof.ts",
    text: "s === undefined",
    why: "without s the equation has to hold for s = 0, which is as hard to meet as for any other s: the comparison refuses it",
  },
  {
    file: "mpc/src/frost/sign/round1.ts",
    text: "suite.group.isZero(nonces.hiding)",
    why: "the nonce is a hash: nobody finds an input for which it is zero",
  },
  {
    file: "mpc/src/frost/sign/round1.ts",
    text: "suite.group.isZero(nonces.binding)",
    why: "the nonce is a hash: nobody finds an input for which it is zero",
  },
  {
    file: "trust/src/audit/checkpoint.ts",
    text: "checkpoint === undefined",
    why: "what has no body has no bytes that anybody signed: the error is caught, and the answer the same; for the type checker",
  },
  {
    file: "trust/src/certificate.ts",
    text: 'check.fail("it has no acknowledgements")',
    why: "there is one for each member, which has been checked, and an intent has at least two; for the type checker",
  },
  {
    file: "trust/src/derive/bip32.ts",
    text: "left >= Fn.ORDER",
    why: "the step is a hash of the key and its chain code: nobody finds the one that is above the order",
  },
  {
    file: "trust/src/derive/bip32.ts",
    text: "point.is0()",
    why: "the step is a hash of the key and its chain code: nobody finds the one that is the opposite of the key",
  },
  {
    file: "trust/src/derive/ed25519.ts",
    text: "point.is0()",
    why: "the step is a hash of the key and its chain code: nobody finds the one that is the opposite of the key",
  },
  {
    file: "trust/src/derive/taproot.ts",
    text: "Q.is0()",
    why: "t is a hash of the key: nobody finds the one that is above the order, or the opposite of the key",
  },
  {
    file: "crypto/src/node/x25519.ts",
    text: "shared.some((byte) => byte !== 0)",
    why: "OpenSSL gives no secret of zeros itself: a guard for a build that does not ask (RFC 7748 6.1 lets it)",
  },
  {
    file: "crypto/src/node/x25519.ts",
    text: "byte !== 0",
    why: "as the operand around it",
  },
  {
    file: "trust/src/judge-chain.ts",
    text: "signed === undefined",
    why: "without it there is no intent, which another operand refuses; for the type checker",
  },
];
