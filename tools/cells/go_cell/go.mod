module crossover/go_cell

go 1.19
