# Query ancillary files, and advanced 07: what belongs to a product, chosen by category.
eso=$1 product=ADP.2016-06-21T08:15:12.100
for file in $eso/datasets/$product/auxiliary/*; do
  echo "$(basename $file) $(getfattr --only-values -n user.eso.category $file)"
done > categories.txt
for name in $(grep WHITELIGHT categories.txt | cut -d' ' -f1); do cp $eso/datasets/$product/auxiliary/$name .; done
