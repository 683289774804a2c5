// Entry point of a check's page: fills the charts. Verdicts and tables are in the document.
import { byId } from "../dom.ts";
import { drawAll, fillSection } from "../figure.ts";
import { followScroll } from "../tooltip.ts";
import { changes } from "./changes.ts";
import type { CheckData } from "./data.ts";
import { history } from "./history.ts";

const data = JSON.parse(byId("page-data").textContent ?? "") as CheckData;
for (const chart of [changes, history]) fillSection(byId(chart.id), chart, data, () => {});
addEventListener("beforeprint", drawAll);
addEventListener("scroll", followScroll, { passive: true });
document.documentElement.dataset.ready = "true";
