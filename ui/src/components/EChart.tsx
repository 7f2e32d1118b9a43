import { useComputedColorScheme } from '@mantine/core';
import { BarChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { formatExact } from '../lib/format.ts';
import type { TimeChartProps } from './TimeChart.tsx';

echarts.use([BarChart, LineChart, GridComponent, TooltipComponent, LegendComponent, MarkLineComponent, AriaComponent, SVGRenderer]);

/** The drawing of TimeChart. Charts of one `group` share their crosshair. Loaded on demand. */
export default function EChart({ label, times, bucketSeconds, series, format, group, events = [], height = 200 }: TimeChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const chart = echarts.init(element, undefined, { renderer: 'svg' });
    chart.group = group;
    echarts.connect(group);
    const resize = new ResizeObserver(() => { chart.resize(); });
    resize.observe(element);
    return () => { resize.disconnect(); chart.dispose(); };
  }, [group]);

  useEffect(() => {
    const element = box.current;
    const chart = element === null ? undefined : echarts.getInstanceByDom(element);
    if (chart === undefined) return;
    const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const dim = token('--sw-dim');
    const line = token('--sw-line');
    const first = times[0];
    const last = times.at(-1);
    const stacked = series.some((one) => one.kind === 'bar');
    chart.setOption({
      animation: false,
      aria: { enabled: true, label: { description: label } },
      grid: { left: 8, right: 16, top: 30, bottom: 4, containLabel: true },
      legend: { top: 0, left: 0, icon: 'roundRect', itemWidth: 10, itemHeight: 10, textStyle: { color: dim, fontSize: 12 }, show: series.length > 1 },
      tooltip: {
        trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: dim } }, confine: true,
        backgroundColor: token('--sw-surface'), borderColor: line, textStyle: { color: token('--sw-text'), fontSize: 12 },
        valueFormatter: (value: unknown) => (typeof value === 'number' ? format(value) : '–'),
        axisPointerLabel: formatExact,
      },
      xAxis: {
        type: 'time', min: first, max: last === undefined ? undefined : new Date(last).getTime() + (stacked ? bucketSeconds * 1000 : 0),
        axisLine: { lineStyle: { color: line } }, axisLabel: { color: dim, fontSize: 11, hideOverlap: true }, axisTick: { show: false },
      },
      yAxis: { type: 'value', min: 0, splitNumber: 3, axisLabel: { color: dim, fontSize: 11, formatter: (value: number) => format(value) }, splitLine: { lineStyle: { color: line } } },
      series: series.map((one, index) => ({
        name: one.name, type: one.kind, stack: one.kind === 'bar' ? 'all' : undefined, itemStyle: { color: one.color },
        lineStyle: { color: one.color, width: 1.75, type: one.dashed === true ? 'dashed' : 'solid' }, showSymbol: times.length < 3, symbolSize: 4, connectNulls: false,
        data: times.map((time, at) => [time, one.values[at] ?? null]), barMaxWidth: 14, barCategoryGap: '20%',
        markLine: index > 0 || events.length === 0 ? undefined : {
          symbol: 'none', silent: true, lineStyle: { color: dim, type: 'dotted' },
          data: events.map((event) => ({ xAxis: event.at, label: { formatter: event.name, color: dim, fontSize: 10 } })),
        },
      })),
    }, { notMerge: true });
  }, [label, times, bucketSeconds, series, format, events, scheme]);

  return <div ref={box} role="img" aria-label={label} style={{ height, width: '100%' }} />;
}
