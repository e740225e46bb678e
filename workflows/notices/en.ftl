# What applicants and holders of licences are told, in English. Project Fluent's syntax.
#
# A message's value is the subject; `.text` is the letter, a paragraph between blank lines; `.after` follows the list
# of reasons, where there is one; `.short` goes out as a text message and on a phone's lock screen, so it names no
# reason, no person and no status. An office's own file names the messages that it changes, each of them whole.

greeting = Dear { $name },
greeting_unknown = Hello,
closing = This mail was sent automatically. Nobody will ever ask you for a password or a code by mail.

issued = Your electronic driving licence is ready
    .text =
        Your application succeeded. Your electronic driving licence (version { $version }) is ready.

        Open the app to show it. It has the same legal force as the paper licence; screenshots do not count.
    .short = Your electronic driving licence is ready. Open the app to show it.

photo_rejected = Please give another photo
    .text = Your photo was not accepted:
    .after =
        { $tries_left ->
            [1] Open the app and give another photo. If that one is not accepted either, only the counter of a vehicle office is left.
           *[other] Open the app and give another photo. You have { $tries_left } tries left.
        }
    .short = Your photo was not accepted. Open the app to see why, and give another one.

confirm_again = Please confirm your information again
    .text =
        The record of your licence changed after you confirmed it.

        Open the app, check what it shows now, and confirm it. Your application goes on then.
    .short = Please confirm your information again in the app. Your application goes on then.

# $reason is what the app shows as well.
refused = Your application was refused
    .text = { $reason }
    .short = Your application for the electronic driving licence was refused. Open the app to see why.

barred = Your application was refused
    .text = Your application ended, and this licence can no longer be applied for online:
    .short = Your application for the electronic driving licence was refused. Open the app to see why.

reminder = Your application is waiting for you
    .text =
        Your application for the electronic driving licence waits for your next step: { $phase ->
            [path] choose where the photo comes from
            [information] confirm your information
            [liveness] real-person authentication
            [notice] read how the photo must be
            [photo] give a photo
            [preview] look at the photo and confirm it
            [submit] submit the application
           *[other] go on in the app
        }.

        Without this the application ends on { $expires_at }.
    .short = Your application for the electronic driving licence waits for you in the app. Without you it ends on { $expires_at }.

delayed = Your application takes longer than usual
    .text =
        { $about ->
            [register] The authority's register does not answer at present.
            [admission] Your application could not be registered yet.
            [liveness_vendor] Real-person authentication does not answer at present.
            [issue] Your electronic driving licence is being made; that takes longer than usual.
            [review] Your photo has not been looked at within the promised time.
           *[unreadable_record] The record of your licence contains an error.
        }

        You need not do anything. We have been told, and you will hear from us.
    .short = Your application for the electronic driving licence takes longer than usual. You need not do anything.

expired = Your application has ended
    .text = Nothing was done for a long time, so the application ended. Begin a new one whenever you like.
    .short = Your application for the electronic driving licence has ended, because nothing was done for a long time.

withdrawn = Your application was withdrawn
    .text = You withdrew the application. Begin a new one whenever you like.
    .short = You withdrew your application for the electronic driving licence.

abandoned = Your application has ended
    .text = The office ended the application, because it could not be completed. Begin a new one, or ask the vehicle office.
    .short = Your application for the electronic driving licence could not be completed. Open the app to begin a new one.

licence_suspended = Your electronic driving licence is shown in red
    .text =
        The status of your driving licence has changed. Its electronic form is shown in red now, and does not entitle you to drive.

        Open the app to see the status and what to do about it. When that is settled, the licence is shown as before; you need not apply again.
    .short = The status of your electronic driving licence has changed. Open the app to see it before you drive.

licence_hidden = Your electronic driving licence is not shown at present
    .text =
        The status of your driving licence has changed, and its electronic form cannot be shown at present.

        Ask the police office that issued the licence.
    .short = The status of your electronic driving licence has changed. Open the app to see it before you drive.

licence_restored = Your electronic driving licence can be used again
    .text =
        The status of your driving licence is normal again. Its electronic form is shown as before.

        You need not do anything.
    .short = Your electronic driving licence can be used again.

licence_reissued = Your electronic driving licence was made anew
    .text =
        The record of your licence changed, so your electronic driving licence was made anew (version { $version }). Earlier versions are no longer valid.

        Open the app to see it. If something in it is not right, ask the vehicle office.
    .short = Your electronic driving licence was made anew, because its record changed. Open the app to see it.

licence_invalidated = Your electronic driving licence is no longer valid
    .text =
        Your electronic driving licence is no longer valid, and is not shown any more.

        Ask the vehicle office why, and how to get a licence again. A paper licence that ended with it does not count either.
    .short = The status of your electronic driving licence has changed. Open the app to see it before you drive.
