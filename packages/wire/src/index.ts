// Everything that crosses a socket: the protobuf contracts and the ids. There is no cryptography
// here.
export * from "./gen/covault/v1/router_pb.ts";
export * from "./gen/covault/v1/session_pb.ts";
export * from "./gen/covault/v1/trust_pb.ts";
export { decodeHeader, encodeHeader, headerBytes, type MessageHeader } from "./header.ts";
export { coordinatorAddress, isPartyId, newId } from "./ids.ts";
export { routerAuthBytes } from "./router-auth.ts";
export { frameBytesMax, frameBytesMin, frameOverheadBytes, welcomeFault } from "./stream-bounds.ts";
export { accusationTags, type SignatureTag, signatureTags, signedBytes } from "./tags.ts";
