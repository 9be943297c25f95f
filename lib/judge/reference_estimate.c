/* reference_estimate.c - estimates with their confidence intervals. */
#include "judge/reference_internal.h"

#include <math.h>

/* The number of standard deviations around the mean that hold this share of a normal distribution:
 * found by bisection, which ends at neighbouring doubles. */
double gan__estimate_quantile(double confidence)
{
    double low = 0, high = 40;

    for (int i = 0; i < 64; i++) {
        const double middle = (low + high) / 2;

        if (erfc(middle / sqrt(2)) > 1 - confidence)
            low = middle;
        else
            high = middle;
    }
    return high;
}

gan_estimate gan__estimate_mean(double value, double error, double quantile)
{
    return (gan_estimate){.value = value,
                          .error = error,
                          .low = value - quantile * error,
                          .high = value + quantile * error,
                          .floor = (double)NAN,
                          .floor_error = (double)NAN};
}

/* Wilson, "Probable inference, the law of succession, and statistical inference" (1927): it is also
 * right where the share is 0 or 1, for which a bootstrap's interval would be a point. */
gan_estimate gan__estimate_share(double sum, double n, double quantile)
{
    const double p = sum / n, q2 = quantile * quantile / n;
    const double middle = (p + q2 / 2) / (1 + q2);
    const double half = quantile * sqrt(p * (1 - p) / n + q2 / (4 * n)) / (1 + q2);
    gan_estimate e = gan__estimate_mean(p, sqrt(p * (1 - p) / n), quantile);

    e.low = fmax(0, fmin(p, middle - half));
    e.high = fmin(1, fmax(p, middle + half));
    return e;
}

gan_estimate gan__estimate_unknown(void)
{
    return gan__estimate_mean((double)NAN, (double)NAN, 0);
}
