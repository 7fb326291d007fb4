/** Part 4 of the complete enumeration: four files, so that they run side by side and none takes long. */
import { tellTally } from "./cutter.js";
import { cutEveryStory } from "./every-cut.js";

cutEveryStory(3, 4, (tally) => process.stdout.write(`${tellTally(tally)}\n`));
