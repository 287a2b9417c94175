package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/frontdesk-chat/frontdesk/handoff/simulate"
	"github.com/frontdesk-chat/frontdesk/internal/fault"
)

type simulateCmd struct {
	Plan    string `arg:"positional,required" help:"A preset (erlang, skills, day) or a JSON file." placeholder:"PLAN"`
	Seed    uint64 `help:"Draws by another seed than the plan's." placeholder:"N"`
	JSON    bool   `help:"One JSON object instead of a table."`
	Picture string `help:"Also draw waits and what was told as an SVG file." placeholder:"FILE"`
}

func (c *simulateCmd) Help() string {
	return "Arrivals, patience and shifts are drawn; offers, answers and waits are the desk's own code.\n\nExample:\n  frontdesk simulate day --seed 7"
}

func (c *simulateCmd) Run(ctx context.Context, s streams) error {
	p, ok := simulate.Preset(c.Plan)
	if !ok {
		var err error
		if p, err = simulate.Read(c.Plan); err != nil {
			return err
		}
	}
	if c.Seed != 0 {
		p.Seed = c.Seed
	}
	r, err := simulate.Simulate(ctx, p)
	if err != nil {
		return err
	}
	if c.Picture != "" {
		if err := os.WriteFile(c.Picture, []byte(r.Picture()), 0o644); err != nil {
			return fault.Wrap(fault.Unavailable, err, "The picture %s cannot be written.", c.Picture)
		}
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(r)
	}
	return printSimulation(s.out, r)
}

// printSimulation writes a report as people read it.
func printSimulation(out io.Writer, r simulate.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s, seed %d, %d visitors\n\n", r.Name, r.Seed, r.Arrivals)
	fmt.Fprintln(w, "\tmean wait\tp50\tp95\tabandoned\tin time\toccupancy\tright skill\tfairness gap")
	row := func(name string, o simulate.Outcome) {
		fmt.Fprintf(w, "%s\t%.1f s\t%.1f s\t%.1f s\t%.2f %%\t%.1f %%\t%.1f %%\t%.1f %%\t%.2f %%\n",
			name, o.MeanWait, o.P50, o.P95, 100*o.Abandoned, 100*o.ServiceLevel, 100*o.Occupancy, 100*o.RightSkill, 100*o.Fairness)
	}
	row("frontdesk", r.Outcome)
	if t := r.Theory; t != nil {
		fmt.Fprintf(w, "Erlang-A\t%.1f s\t\t\t%.2f %%\n", t.MeanWait, 100*t.Abandoned)
	}
	var rivals []string
	for m := range r.Against {
		rivals = append(rivals, string(m))
	}
	slices.Sort(rivals)
	for _, m := range rivals {
		row(m, r.Against[simulate.Manner(m)])
	}
	for _, c := range r.WhatIf {
		row("what if: "+c.Name, c.Outcome)
	}
	if e := r.Estimate; e.N > 0 {
		fmt.Fprintf(w, "\nwaits told to %d patient visitors who found nobody free: off by %.0f %% (median), a running mean by %.0f %%; %.0f %% stayed under the upper one\n",
			e.N, 100*e.Error, 100*e.Running, 100*e.Cover)
	}
	return w.Flush()
}
