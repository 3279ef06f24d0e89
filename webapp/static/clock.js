// Tells the times of a page that stays as it is; live.js does it where parts change.

import { tellTimes } from "./times.js";

tellTimes(document);
