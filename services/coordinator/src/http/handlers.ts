// The handlers of the API. What they take and give is in packages/api.
import type { routes } from "@covault/api/coordinator";
import type { Handlers } from "@covault/service-kit/http";
import { abandonSession } from "./abandon.ts";
import { abortSession } from "./abort.ts";
import { askBackups } from "./ask-backups.ts";
import { askExports } from "./ask-exports.ts";
import { askHoldings } from "./ask-holdings.ts";
import { askImportRecipients } from "./ask-import-recipients.ts";
import { openSession } from "./open-session.ts";
import { listCandidates, listParties } from "./parties.ts";
import { getSession, listSessionEvents } from "./read-session.ts";
import { getRoster } from "./roster.ts";
import type { RouteParts } from "./route-parts.ts";
import { streamSessionEvents } from "./session-stream.ts";

export const handlers = (parts: RouteParts): Handlers<typeof routes> => ({
  openSession: openSession(parts),
  getSession: getSession(parts),
  listSessionEvents: listSessionEvents(parts),
  streamSessionEvents: streamSessionEvents(parts),
  abandonSession: abandonSession(parts),
  abortSession: abortSession(parts),
  listCandidates: listCandidates(parts),
  listParties: listParties(parts),
  getRoster: getRoster(parts),
  askHoldings: askHoldings(parts),
  askExports: askExports(parts),
  askImportRecipients: askImportRecipients(parts),
  askBackups: askBackups(parts),
});
