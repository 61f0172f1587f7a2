"""The words of the page; every {name} is computed."""

from __future__ import annotations

HEAD = """# A worked example: real demand, real prices

<!-- Made by `make worked-example`: change docs/worked_example, not this. -->

Two research clusters and a model service plan their GPUs together for {months} months: buy servers for rented space,
reserve at Google Cloud, or rent by the hour? Demand is from public traces, cloud prices are from a public copy of
Google's list, servers are the catalogue's. The data is not in this repository; with its files in a folder

```
make worked-example DATA=that/folder
```

makes this page again, every figure of it.
"""

DEMAND = """## Demand

{table}
What stands in the way of one forecast, and what was done about it:

- **Different years.** All of it is moved to begin on Monday {start:%Y-%m-%d}, each trace from its first Monday on, so
  that weekdays stay weekdays.
- **Different lengths.** Whole weeks only; shorter traces are carried on to the {weeks} weeks of the longest by the
  planner's own rule for horizons longer than a forecast: whole weeks are repeated. The same rule carries the {weeks}
  weeks through {months} months. No growth is assumed.
- **Too short.** Of the services of {served}, {left_out} have one day only and are left out.
- **Different GPUs.** Neither cluster's file names its GPUs. Both are counted in GPU-hours of the V100, the GPU of those
  years that the catalogue knows. What another GPU does of it follows from the ratio of 16-bit TFLOPS.
- **Different units.** A forecast has one quantity. The services' tokens are turned into GPU-hours of the H100 (next
  section).

The groups of each cluster are added up: one workload each.

GPUs busy in the forecast, hour by hour:

{demand}"""

TOKENS = """## Tokens as GPU-hours

The trace has {ratios} input tokens for every output token. The catalogue's throughputs were measured with 1 and, for
one model, with 8: two measurements of one model on one GPU give an input rate and an output rate,

> 1 / T(1 in) = 1 / input + 1 / output, and 1 / T(8 in) = 8 / input + 1 / output.

Other models were measured with 1 only: they are taken to be as much faster or slower than that one in both directions
as they are together. The trace does not say how large its models are: {profiles} is a choice.

{table}
The GPU-hours are the planner's own reading of the tokens with these rates. `speed` is how many times faster than an
H100 a GPU gets through the service's tokens; GPUs that were not measured count by their memory bandwidth.
"""

COMMANDS = """## What was run

`DATA` is the folder of data. `forecast.csv` holds the demand above, `assumptions.yaml` what is printed below it.

```
{commands}
```

`assumptions.yaml`:

```yaml
{assumptions}```

The first command said:

```
{said}
```
"""

PLAN = """## The plan

**{cost} {currency}**, discounted, for all of it. What to buy and to reserve, and when:

{orders}
What is rented by the hour, over the whole horizon:

{rentals}
What that costs:

{costs}
The best plans under a restriction:

{baselines}
"All local" may rent only until the first of the servers offered could be in service, whatever that server can do: one
that is delivered later comes too late for the months between.

## The proof

- Status `{status}`: the plan costs {exact} {currency}, and no plan costs less than {bound}: a gap of {gap}.
- The plan was run hour by hour, and its costs added up, by code that shares nothing with the programme: {checks}.
- Demand left undone: {unserved} GPU-hours.

All that `planner plan` printed:

```
{printed}
```
"""

DISTRUST = """## What to distrust

- **The demand is not one organisation's.** Three traces of three years stand side by side: whether their peaks fall
  together is an accident. The {weeks} weeks repeat, and within them {repeats}: no season, holiday or launch is in
  them, and nothing grows.
- **What the traces count.** Philly's file ignores queueing and has about half of that cluster; Helios' counts GPUs that
  waiting jobs ask for as if they ran. Hours are taken as UTC, whatever the clusters' clocks said.
- **GPU-hours are fluid here.** A job that needs eight GPUs with fast links between them counts like eight jobs of one.
  Small GPUs look better than they are for such jobs, and peak TFLOPS flatter GPUs that cannot hold their clock. Say
  `speed`, from measurements of your own, and `gpu_memory_gb`, from the jobs.
- **Tokens at full load.** The throughputs are of full batches, with no target for latency: a service that answers fast
  gets less out of a GPU. And two rates from two measurements are a line through two points.
- **List prices.** {prices} is Google's list of {as_of} for {region}, without any discount, and what is on it counts as
  to be had without limit. Prices move ({history_file}):

{history}
- **Servers.** Figures without a source, {assumed}.
- **Costs left at 0.** The list does not say egress, storage and work lost on spot. Those that the catalogue does not
  know either are 0: the warnings above name them. There is no tax.
"""
