import { useComputedColorScheme } from '@mantine/core';
import { BarChart, LineChart, ParallelChart, ScatterChart } from 'echarts/charts';
import { AriaComponent, DataZoomInsideComponent, GridComponent, LegendComponent, ParallelComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import type { Axis, PlotData, PlotProps } from './Plot.tsx';

echarts.use([
  BarChart, LineChart, ScatterChart, ParallelChart, GridComponent, ParallelComponent, TooltipComponent, LegendComponent, DataZoomInsideComponent, AriaComponent, SVGRenderer,
]);

interface Paint { dim: string; line: string; text: string; surface: string; format: (value: number) => string }

/** The drawing of Plot. Plots of one `group` share their crosshair. Loaded on demand. */
export default function PlotDrawing({ label, data, format, height = 220, group }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const chart = echarts.init(element, undefined, { renderer: 'svg' });
    if (group !== undefined) { chart.group = group; echarts.connect(group); }
    const resize = new ResizeObserver(() => { chart.resize(); });
    resize.observe(element);
    return () => { resize.disconnect(); chart.dispose(); };
  }, [group]);

  useEffect(() => {
    const element = box.current;
    const chart = element === null ? undefined : echarts.getInstanceByDom(element);
    if (chart === undefined) return;
    const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const paint = { dim: token('--sw-dim'), line: token('--sw-line'), text: token('--sw-text'), surface: token('--sw-surface'), format };
    chart.setOption({
      animation: false,
      aria: { enabled: true, label: { description: label } },
      tooltip: {
        trigger: data.kind === 'curves' ? 'axis' : 'item', confine: true, backgroundColor: paint.surface, borderColor: paint.line, textStyle: { color: paint.text, fontSize: 12 },
        valueFormatter: (value: unknown) => (typeof value === 'number' ? format(value) : '–'),
      },
      ...optionOf(data, paint),
    }, { notMerge: true });
  }, [label, data, format, scheme]);

  return <div ref={box} role="img" aria-label={label} style={{ height, width: '100%' }} />;
}

function optionOf(data: PlotData, paint: Paint): Record<string, unknown> {
  const grid = { left: 8, right: 18, top: 30, bottom: 22, containLabel: true };
  const value = (axis: Axis) => ({
    name: axis.name, nameLocation: 'middle', nameGap: 26, nameTextStyle: { color: paint.dim, fontSize: 11 }, axisLine: { lineStyle: { color: paint.line } }, splitLine: { lineStyle: { color: paint.line } },
    ...(axis.words === undefined
      ? { type: 'value', scale: true, axisLabel: { color: paint.dim, fontSize: 11, hideOverlap: true, formatter: (one: number) => paint.format(one) } }
      : { type: 'category', data: axis.words, axisLabel: { color: paint.dim, fontSize: 11, hideOverlap: true } }),
  });
  switch (data.kind) {
    case 'curves': return {
      grid, legend: { top: 0, left: 0, type: 'scroll', icon: 'roundRect', itemWidth: 10, itemHeight: 10, textStyle: { color: paint.dim, fontSize: 12 }, show: data.series.length > 1 },
      dataZoom: [{ type: 'inside', zoomOnMouseWheel: 'shift', filterMode: 'none' }],
      xAxis: { ...value({ name: data.x }), min: 'dataMin', max: 'dataMax', splitLine: { show: false }, axisLabel: { color: paint.dim, fontSize: 11, hideOverlap: true } },
      yAxis: { ...value({ name: '' }), type: data.logY === true ? 'log' : 'value', splitNumber: 4 },
      series: data.series.map((one) => ({
        type: 'line', name: one.name, data: one.points, itemStyle: { color: one.color }, lineStyle: { color: one.color, width: 1.75 }, showSymbol: one.points.length < 40, symbolSize: 4, connectNulls: false,
      })),
    };
    case 'bars': return {
      grid: { ...grid, top: 10 }, xAxis: { type: 'category', data: data.names, axisLine: { lineStyle: { color: paint.line } }, axisTick: { show: false }, axisLabel: { color: paint.dim, fontSize: 11, hideOverlap: true } },
      yAxis: { ...value({ name: '' }), scale: false, splitNumber: 4 },
      series: [{ type: 'bar', barMaxWidth: 34, data: data.values.map((one, at) => ({ value: one, itemStyle: { color: data.colors[at] } })) }],
    };
    case 'dots': return {
      grid: { ...grid, left: 24 }, xAxis: value(data.x), yAxis: { ...value(data.y), nameGap: 44 },
      series: data.dots.map((dot) => ({ type: 'scatter', name: dot.name, symbolSize: 11, itemStyle: { color: dot.color }, data: [dot.at] })),
    };
    case 'parallel': return {
      parallel: { left: 40, right: 50, top: 40, bottom: 24 },
      parallelAxis: data.axes.map((axis, dim) => ({ ...value(axis), dim, nameLocation: 'end', nameGap: 14 })),
      series: data.lines.map((line) => ({ type: 'parallel', name: line.name, lineStyle: { color: line.color, width: 2, opacity: 0.85 }, data: [line.values] })),
    };
  }
}
