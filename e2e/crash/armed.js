// One point in one process of a cluster may be armed: the file CRASH_DIR/armed.json names the role,
// the point, the side and which time, perhaps also the instance. The first process that comes there
// renames the file, so that no other one does, and kills itself. CRASH_DIR/passed, where it exists,
// gets every point passed. Both are read by the entry of the crash cluster alone (main.js).
import { appendFileSync, existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.CRASH_DIR ?? "";
const role = process.argv[3] ?? "";
/** Only parties have a name of their own. */
const instance = process.env.PARTY_INSTANCE_ID;
const armedFile = join(folder, "armed.json");
const passedFile = join(folder, "passed");
/** How often the armed point was passed here, by the id of the arming. */
const times = new Map();

function armed() {
  try {
    return JSON.parse(readFileSync(armedFile, "utf8"));
  } catch {
    return undefined;
  }
}

export const isRecording = () => existsSync(passedFile);

export function record(point) {
  if (isRecording()) appendFileSync(passedFile, `${role}\t${point}\n`);
}

/** @param {"before" | "after"} when */
export function pass(point, when) {
  if (when === "before") record(point);
  const wanted = armed();
  if (wanted === undefined || wanted.role !== role || wanted.point !== point || wanted.when !== when) return;
  if (wanted.instance !== undefined && wanted.instance !== instance) return;
  const nth = (times.get(wanted.id) ?? 0) + 1;
  times.set(wanted.id, nth);
  if (nth < wanted.nth) return;
  try {
    renameSync(armedFile, join(folder, "fired.json"));
  } catch {
    // Another process was first.
    return;
  }
  process.kill(process.pid, "SIGKILL");
}
