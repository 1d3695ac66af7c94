"""Risk grids: versioned definitions, pure scoring, assessments signed once and never edited."""
