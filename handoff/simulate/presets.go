package simulate

// Presets lists the names of the plans that the program knows.
func Presets() []string { return []string{"erlang", "skills", "day"} }

// Preset returns a plan by its name; ok is false when there is none.
func Preset(name string) (p Plan, ok bool) {
	switch name {
	case "erlang":
		return erlang(), true
	case "skills":
		return skills(), true
	case "day":
		return day(), true
	}
	return Plan{}, false
}

// erlang is a queue that theory knows: fifty arrivals short of what twelve agents
// can do, with patience.
func erlang() Plan {
	return Plan{
		Name: "erlang", Seed: 1, Days: 30, Most: 100_000, Theory: true,
		Visitors: []Visitor{{Rates: []Rate{{PerHour: 160}}}},
		Staff:    []Staff{{Name: "agent", Count: 12}},
		Handling: 270, Patience: 240, ServiceLevel: 60,
	}
}

// skills is a shop with two languages and three products and agents who know some
// of each, unevenly.
func skills() Plan {
	var visitors []Visitor
	for _, v := range []struct {
		language, product string
		perHour           float64
	}{
		{"en", "goods", 30},
		{"en", "billing", 18},
		{"en", "devices", 12},
		{"zh", "goods", 24},
		{"zh", "billing", 10},
		{"zh", "devices", 6},
	} {
		visitors = append(visitors, Visitor{
			Name: v.language + " " + v.product, Language: v.language, Skills: []string{v.product}, Rates: []Rate{{PerHour: v.perHour}},
		})
	}
	return Plan{
		Name: "skills", Seed: 1, Days: 10, Visitors: visitors,
		Staff: []Staff{
			{Name: "en goods", Count: 3, Skills: []string{"lang:en", "goods"}},
			{Name: "en all", Count: 2, Skills: []string{"lang:en", "goods", "billing", "devices"}},
			{Name: "en billing", Count: 2, Skills: []string{"lang:en", "billing"}},
			{Name: "zh goods", Count: 2, Skills: []string{"lang:zh", "goods"}},
			{Name: "zh all", Count: 2, Skills: []string{"lang:zh", "goods", "billing", "devices"}},
			{Name: "both billing", Count: 1, Skills: []string{"lang:en", "lang:zh", "billing"}},
			{Name: "both devices", Count: 1, Skills: []string{"lang:en", "lang:zh", "devices"}},
		},
		Queues:   []Queue{{Relax: []Relax{{180, "levels"}, {300, "skills"}}}},
		Handling: 360, Patience: 600, Accept: 6, Sort: 90, ServiceLevel: 60,
	}
}

// day is a day of about 5,000 chats with a rush in the morning and one in the
// evening, early and late shifts, and lunch.
func day() Plan {
	rates := func(share float64) []Rate {
		var out []Rate
		for _, r := range []Rate{
			{"00:00", "07:00", 40},
			{"07:00", "09:00", 150},
			{"09:00", "11:30", 470},
			{"11:30", "13:30", 280},
			{"13:30", "17:00", 250},
			{"17:00", "20:00", 430},
			{"20:00", "22:00", 190},
			{"22:00", "24:00", 70},
		} {
			r.PerHour *= share
			out = append(out, r)
		}
		return out
	}
	return Plan{
		Name: "day", Seed: 1, Days: 1,
		Visitors: []Visitor{
			{Name: "en", Language: "en", Rates: rates(.55)},
			{Name: "zh", Language: "zh", Rates: rates(.45)},
		},
		Staff: []Staff{
			{Name: "night", Count: 3, Capacity: 3, Skills: []string{"lang:en", "lang:zh"}, Shifts: [][2]string{{"00:00", "07:30"}, {"22:00", "24:00"}}},
			{Name: "early en 1", Count: 4, Capacity: 3, Skills: []string{"lang:en"}, Shifts: [][2]string{{"07:00", "11:15"}, {"12:00", "15:00"}}},
			{Name: "early en 2", Count: 4, Capacity: 3, Skills: []string{"lang:en"}, Shifts: [][2]string{{"07:30", "12:00"}, {"12:45", "15:30"}}},
			{Name: "early zh 1", Count: 4, Capacity: 3, Skills: []string{"lang:zh"}, Shifts: [][2]string{{"07:00", "11:30"}, {"12:15", "15:00"}}},
			{Name: "early zh 2", Count: 3, Capacity: 3, Skills: []string{"lang:zh"}, Shifts: [][2]string{{"08:00", "12:15"}, {"13:00", "16:00"}}},
			{Name: "late en 1", Count: 4, Capacity: 3, Skills: []string{"lang:en"}, Shifts: [][2]string{{"13:00", "17:00"}, {"17:45", "22:00"}}},
			{Name: "late en 2", Count: 4, Capacity: 3, Skills: []string{"lang:en"}, Shifts: [][2]string{{"14:00", "19:00"}, {"19:45", "23:00"}}},
			{Name: "late zh 1", Count: 3, Capacity: 3, Skills: []string{"lang:zh"}, Shifts: [][2]string{{"13:00", "17:15"}, {"18:00", "22:00"}}},
			{Name: "late zh 2", Count: 3, Capacity: 3, Skills: []string{"lang:zh"}, Shifts: [][2]string{{"14:00", "19:15"}, {"20:00", "23:00"}}},
			{Name: "both", Count: 3, Capacity: 3, Skills: []string{"lang:en", "lang:zh"}, Shifts: [][2]string{{"09:00", "13:00"}, {"14:00", "18:30"}}},
		},
		Queues:   []Queue{{Relax: []Relax{{600, "language"}}}},
		Handling: 420, Spread: .9, Patience: 900, Accept: 8, ServiceLevel: 60,
	}
}
