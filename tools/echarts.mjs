// Of the chart library only what `static/ui/chart.js` draws: lines and bars on one grid, with labels and a hint.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { init, registerTheme, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, AriaComponent, GridComponent, TooltipComponent, LabelLayout, CanvasRenderer]);

export { init, registerTheme };
