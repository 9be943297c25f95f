/* checkpoint_resume.c - which settings may differ on resuming, and the report of those that did. */
#include "train/checkpoint_internal.h"

#include "base/desc_internal.h"
#include "base/status_internal.h"

#include <stdio.h>
#include <string.h>

GAN__DEFINE_INIT(gan_checkpoint_resume_report_init, gan_checkpoint_resume_report,
                 GAN_CHECKPOINT_RESUME_REPORT_INIT)
GAN__DEFINE_INIT(gan_checkpoint_resume_desc_init, gan_checkpoint_resume_desc,
                 GAN_CHECKPOINT_RESUME_DESC_INIT)

gan_status gan__checkpoint_read_resume(gan_checkpoint_resume_desc *out, gan__state_adopt *adopt,
                                       const gan_checkpoint_resume_desc *desc, const char *who)
{
    gan_status status = GAN_OK;
    char of_desc[40], of_report[40];

    snprintf(of_desc, sizeof of_desc, "%s resume desc", who);
    snprintf(of_report, sizeof of_report, "%s resume report", who);
    *out = (gan_checkpoint_resume_desc){GAN_CHECKPOINT_RESUME_DESC_INIT};
    GAN_TRY(gan__desc_read(out, sizeof *out, sizeof *out, desc, of_desc));
    GAN_TRY(gan__record_check(out->report, of_report));
    if (out->n_adopt > 0 && !out->adopt)
        GAN_FAIL(GAN_ERR_INVALID, "%s: adopt is NULL, n_adopt is %zu", who, out->n_adopt);
    for (size_t i = 0; i < out->n_adopt; i++)
        if (!out->adopt[i] || !*out->adopt[i])
            GAN_FAIL(GAN_ERR_INVALID, "%s: adopt: name %zu of %zu is %s", who, i, out->n_adopt,
                     out->adopt[i] ? "empty" : "NULL");
    *adopt = (gan__state_adopt){.names = out->adopt, .n_names = out->n_adopt};

cleanup:
    return status;
}

void gan__checkpoint_report(gan_checkpoint_resume_report *out, const gan__state_adopt *adopt)
{
    gan_checkpoint_resume_report report = {GAN_CHECKPOINT_RESUME_REPORT_INIT};

    report.n_changes = adopt->n_changes;
    memcpy(report.changes, adopt->changes, sizeof report.changes);
    gan__record_write(out, &report, sizeof report);
}
