# Draws soak.csv, in whose folder it runs.
set terminal pngcairo size 1000,900 font "sans,11"
set output "soak.png"
set datafile separator ","
set key outside right top
set grid
set multiplot layout 3,1 title "deep3d play --loop, random keys and clicks"
set ylabel "MiB"
set yrange [0:*]
plot "soak.csv" using ($1/60):2 with lines title "resident", "" using ($1/60):3 with lines title "proportional", "" using ($1/60):4 with lines title "heaps of malloc"
plot "soak.csv" using ($1/60):5 with lines title "GPU memory"
set ylabel "count"
set xlabel "minutes"
plot "soak.csv" using ($1/60):6 with lines title "descriptors", "" using ($1/60):7 with lines title "threads"
unset multiplot
